"""Logical ids never change: for CloudFormation another id is another resource."""

import re
from typing import Any

import pytest

from generator.config import Config
from generator.snapshots import kept_logical_ids, logical_ids, rendered, with_new
from generator.third_party import ROOT

KEPT = kept_logical_ids()
GONE = (
    "gone from the {template} template: {ids}. CloudFormation knows a resource by its logical id alone. Under another "
    "id it is a new one, made before the old one is deleted: data, messages and subscriptions of the old one are lost, "
    'and with the same fixed name the update fails with "already exists" in every account. Give the resource its old '
    'id again. If it is meant to go, name `{template}.<id>` in docs/upgrading.md, "Resources that were given up", with '
    "what people must do; if it was never released, take its line out of tests/snapshots/logical_ids.json."
)
RETYPED = (
    "of another type than before in the {template} template: {ids}. CloudFormation refuses such an update as a whole "
    '("Update of resource type is not permitted"). Give the new resource a new logical id.'
)


@pytest.fixture(scope="module")
def found(config: Config) -> dict[str, dict[str, str]]:
    return logical_ids(config)


def given_up() -> set[str]:
    """Return what docs/upgrading.md names as meant to be gone: `hub.Detector`."""
    page = (ROOT / "docs" / "upgrading.md").read_text(encoding="utf-8")
    _, _, section = page.partition("## Resources that were given up")
    return set(re.findall(r"`(\w+\.\w+)`", section.partition("\n## ")[0]))


@pytest.mark.parametrize("template", KEPT)
def test_no_logical_id_is_gone(template: str, found: dict[str, dict[str, str]]) -> None:
    gone = sorted(set(KEPT[template]) - set(found.get(template, {})))
    unexplained = [one for one in gone if f"{template}.{one}" not in given_up()]
    assert unexplained == [], GONE.format(template=template, ids=", ".join(unexplained))


@pytest.mark.parametrize("template", KEPT)
def test_no_logical_id_has_another_type(template: str, found: dict[str, dict[str, str]]) -> None:
    present = found.get(template, {})
    changed = sorted(one for one, kind in KEPT[template].items() if present.get(one, kind) != kind)
    assert changed == [], RETYPED.format(template=template, ids=", ".join(changed))


def test_new_logical_ids_are_kept(found: dict[str, dict[str, str]]) -> None:
    assert with_new(KEPT, found) == KEPT, "make snapshots adds them to tests/snapshots/logical_ids.json"


def test_kept_logical_ids_are_only_added_to() -> None:
    kept = {"hub": {"Bus": "AWS::Events::EventBus", "Old": "AWS::SQS::Queue"}}
    found = {"hub": {"Bus": "AWS::SNS::Topic", "New": "AWS::SQS::Queue"}, "web": {"Wall": "AWS::WAFv2::WebACL"}}
    assert with_new(kept, found) == {"hub": {**kept["hub"], "New": "AWS::SQS::Queue"}, "web": found["web"]}


def test_what_has_no_lasting_id_is_named_after_it(config: Config, found: dict[str, dict[str, str]]) -> None:
    """A numbered rule may go when the calls fit into fewer: no other rule ever takes its name."""
    resources: dict[str, Any] = rendered(config)["spoke"]["Resources"]
    numbered = set(resources) - set(found["spoke"])
    assert {resources[one]["Type"] for one in numbered} == {"AWS::Events::Rule"}
    for one in numbered:
        number = re.sub(r"\D", "", one)
        assert re.sub(r"\D", "", resources[one]["Properties"]["Name"]) == number
