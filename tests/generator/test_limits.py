"""CloudFormation's limits, with room for what is still to come."""

import json

import pytest

from generator.config import Config
from generator.generate import templates
from generator.guardrail import LIMIT, guardrail, written
from generator.snapshots import blank_artefacts
from tests.generator.variants import EVERY, LARGEST

# AWS CloudFormation quotas. A template by URL has 1 MB; the type AWS::CloudFormation::StackSet takes this much.
MOST = {"Resources": 500, "Parameters": 200, "Outputs": 200, "Mappings": 200}
URL_BYTES = 460_800
MOST_ATTRIBUTES = 200  # of one mapping
ROOM = 0.8


@pytest.mark.parametrize("config", EVERY.values(), ids=EVERY)
def test_every_template_stays_within_the_limits_with_room(config: Config) -> None:
    for name, body in templates(config, blank_artefacts()).items():
        assert len(body.encode()) <= URL_BYTES * ROOM, name
        template = json.loads(body)
        for part, most in MOST.items():
            assert len(template.get(part, {})) <= most * ROOM, f"{name}: {part}"
        for mapping in template.get("Mappings", {}).values():
            assert len(mapping) <= MOST_ATTRIBUTES * ROOM, name


@pytest.mark.parametrize("config", LARGEST.values(), ids=LARGEST)
def test_role_policies_fit_under_the_longest_settings(config: Config) -> None:
    for name, body in templates(config, blank_artefacts()).items():
        for title, one in json.loads(body)["Resources"].items():
            policies = one.get("Properties", {}).get("Policies", [])
            size = sum(len(json.dumps(policy["PolicyDocument"], separators=(",", ":"))) for policy in policies)
            # Quota: 10,240 characters of all inline policies of a role; references grow when they are resolved.
            assert size <= 10_240 * 0.95, f"{name}.{title}"


@pytest.mark.parametrize("config", EVERY.values(), ids=EVERY)
def test_the_guardrail_fits_under_every_settings(config: Config) -> None:
    assert len(written(guardrail(config))) <= LIMIT
