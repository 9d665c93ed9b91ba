import json
from fnmatch import fnmatchcase
from typing import Any

import pytest
from pydantic import ValidationError

from contract.names import SPOKE_FUNCTIONS
from generator.config import Config, Trail
from generator.guardrail import FILE, LIMIT, GuardrailError, exempt_roles, guardrail, written
from generator.snapshots import SNAPSHOTS
from generator.snapshots import written as readable

ELEMENTS = {"Sid", "Effect", "Action", "Resource", "Condition"}


def changed(config: Config, section: str, **values: Any) -> Config:
    settings = getattr(config, section)
    validated = type(settings).model_validate({**settings.model_dump(), **values})
    return config.model_copy(update={section: validated})


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


@pytest.fixture
def largest(config: Config) -> Config:
    """The settings that make the longest policy."""
    longest = changed(changed(config, "aws", prefix="x" * 20), "spoke", trail=Trail.ACCOUNTS)
    longest = changed(longest, "backup", expiry="delete")
    return changed(longest, "organization", guardrail_exempt_roles=["break-glass-*"])


def test_the_policy_equals_its_snapshot(config: Config) -> None:
    kept = (SNAPSHOTS / FILE).read_text(encoding="utf-8")
    assert readable(guardrail(config)) == kept, "make snapshots accepts the change; read its diff first"


def test_the_policy_fits_with_room_for_a_few_roles(largest: Config) -> None:
    assert len(written(guardrail(largest))) <= LIMIT * 0.955


def test_a_policy_that_is_too_long_is_refused_with_its_mend(largest: Config) -> None:
    many = [f"break-glass-of-team-{number}" for number in range(20)]
    with pytest.raises(GuardrailError, match=r"guardrail_exempt_roles: .* 5120 at most; name fewer roles"):
        written(guardrail(changed(largest, "organization", guardrail_exempt_roles=many)))


def test_the_policy_is_a_service_control_policy_that_only_denies(largest: Config) -> None:
    policy = guardrail(largest)
    assert policy.keys() == {"Version", "Statement"}
    for one in policy["Statement"]:
        assert one.keys() == ELEMENTS
        assert one["Effect"] == "Deny"
        assert one["Sid"].isalnum()
        # Wildcards stand at an action's end only: what every partition takes.
        assert not [action for action in listed(one["Action"]) if "*" in action[:-1]]


def test_the_policy_holds_in_every_partition(largest: Config) -> None:
    assert "arn:aws" not in written(guardrail(largest))


def test_every_statement_spares_the_spokes_stack_sets_and_the_settings_roles(largest: Config) -> None:
    spared = [f"arn:*:iam::*:role/{name}" for name in ("x" * 20 + "-spoke-*", "stacksets-exec-*", "break-glass-*")]
    assert exempt_roles(largest) == spared
    for one in guardrail(largest)["Statement"]:
        # Only the spokes mark, whoever is exempt otherwise.
        expected = spared[0] if one["Sid"] == "Mark" else spared
        assert one["Condition"]["ArnNotLike"] == {"aws:PrincipalArn": expected}


def test_nobody_makes_a_role_of_an_exempt_name(largest: Config) -> None:
    spoke = guardrail(largest)["Statement"][0]
    assert {"iam:Create*", "iam:Update*", "iam:PassRole"} <= set(spoke["Action"])
    assert set(exempt_roles(largest)) <= set(spoke["Resource"])


@pytest.mark.parametrize("pattern", ["*", "**admin", "a*", "role with space"])
def test_a_pattern_of_any_role_is_refused(config: Config, pattern: str) -> None:
    with pytest.raises(ValidationError):
        changed(config, "organization", guardrail_exempt_roles=[pattern])


def test_every_named_resource_of_the_spoke_is_guarded(config: Config, templates: dict[str, Any]) -> None:
    spoke = guardrail(config)["Statement"][0]
    guarded = [arn.split(":", 5) for arn in spoke["Resource"]]
    forms = {
        "AWS::Events::Rule": ("events", "Name", "rule/{}"),
        "AWS::IAM::Role": ("iam", "RoleName", "role/{}"),
        "AWS::Lambda::Function": ("lambda", "FunctionName", "function:{}"),
        "AWS::Logs::LogGroup": ("logs", "LogGroupName", "log-group:{}"),
        "AWS::SQS::Queue": ("sqs", "QueueName", "{}"),
    }
    found = [one for one in templates["spoke"]["Resources"].values() if one["Type"] in forms]
    assert len(found) > 3 * len(SPOKE_FUNCTIONS)
    for one in found:
        service, field, form = forms[one["Type"]]
        name = one["Properties"][field]
        text = form.format(name["Fn::Sub"] if isinstance(name, dict) else name)
        assert any(parts[2] == service and fnmatchcase(text, parts[5]) for parts in guarded), text


def test_the_accounts_trail_is_guarded_where_there_is_one(config: Config) -> None:
    assert "trail/" not in written(guardrail(config))
    assert "trail/" not in written(guardrail(changed(config, "spoke", trail=Trail.ORGANIZATION)))
    policy = written(guardrail(changed(config, "spoke", trail=Trail.ACCOUNTS)))
    assert '"arn:*:cloudtrail:*:*:trail/muster-spoke-trail","arn:*:s3:::stackset-muster-spoke-*"' in policy
    assert '"cloudtrail:Stop*"' in policy


def test_the_creators_key_is_the_settings(config: Config) -> None:
    policy = written(guardrail(changed(config, "creator", created_by_key="MadeBy")))
    assert '"aws:ResourceTag/MadeBy"' in policy
    assert "CreatedBy" not in policy


def test_without_a_creator_tagger_no_tag_is_guarded(config: Config) -> None:
    assert [one["Sid"] for one in guardrail(changed(config, "creator", enabled=False))["Statement"]] == ["Spoke"]


def test_only_the_expiry_marks_what_it_will_delete(config: Config) -> None:
    assert "ExpiresAfter" not in written(guardrail(config))
    last = guardrail(changed(config, "backup", expiry="delete"))["Statement"][-1]
    assert (last["Sid"], last["Action"], last["Resource"]) == ("Mark", "ec2:CreateTags", "arn:*:ec2:*::*")
    assert last["Condition"] == {
        "ArnNotLike": {"aws:PrincipalArn": "arn:*:iam::*:role/muster-spoke-*"},
        "Null": {"aws:RequestTag/ExpiresAfter": "false"},
    }


def test_a_creators_tag_may_be_given_at_creation(config: Config) -> None:
    """Backups, stacks and launch templates copy tags to what they make, which has no creator yet."""
    by_sid = {one["Sid"]: one["Condition"] for one in guardrail(config)["Statement"]}
    assert by_sid["ChangeCreator"]["Null"] == {"aws:ResourceTag/CreatedBy": "false"}
    assert by_sid["RemoveCreator"]["Null"] == {"aws:RequestTag/CreatedBy": "true"}
    assert by_sid["RemoveAllTags"]["Null"] == {"aws:TagKeys": "true", "aws:ResourceTag/CreatedBy": "false"}
    assert "Tagging" not in json.dumps(guardrail(config))
