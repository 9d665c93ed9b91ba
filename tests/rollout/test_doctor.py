"""`muster doctor` on a bare organization, after `muster delegate`, and with what people get wrong."""

import json
from collections.abc import Iterator

import pytest

from tests.bare import Bare, bare_organization

pytestmark = pytest.mark.slow

HUB = "111122223333"
DELEGATION = {"delegated administrator", "trusted access", "reading the organization"}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    with bare_organization(tmp_path_factory.mktemp("bare")) as running:
        yield running


@pytest.fixture(scope="module")
def delegated(bare: Bare) -> Bare:
    assert bare.muster("delegate").code == 0
    return bare


def diagnoses(bare: Bare, *changes: tuple[str, str]) -> tuple[int, dict[str, dict[str, str]]]:
    """Return the exit code, and each check's diagnosis by its name."""
    ended = bare.muster("doctor", "--json", config=bare.settings("changed.toml", *changes))
    found = [json.loads(line) for line in ended.out.splitlines()]
    return ended.code, {one["name"]: one for one in found}


def failing(found: dict[str, dict[str, str]]) -> set[str]:
    return {name for name, one in found.items() if one["state"] == "failed"}


def test_a_bare_organization_lacks_the_delegation_and_delegate_gives_it(bare: Bare) -> None:
    code, found = diagnoses(bare)
    assert (code, failing(found)) == (1, DELEGATION)
    assert all("`muster delegate`" in found[name]["mend"] for name in DELEGATION)
    assert bare.muster("delegate").code == 0
    code, found = diagnoses(bare)
    assert (code, failing(found)) == (0, set())
    # It is off in a new organization, and nobody has to switch it on.
    assert [name for name, one in found.items() if one["state"] != "well"] == ["Security Hub"]


def test_what_people_get_wrong_is_named(delegated: Bare) -> None:
    code, found = diagnoses(
        delegated,
        ('ous = ["r-examplerootid111"]', 'ous = ["r-examplerootid112"]\nexcluded_accounts = ["888888888888"]'),
        (
            'regions = ["us-east-1", "eu-west-1"]',
            'regions = ["us-east-1", "eu-middle-1"]\nallow_unknown_regions = true',
        ),
        ('sender = "muster@example.com"', 'sender = "nobody@example.org"'),
    )
    assert code == 1
    assert failing(found) >= {"units", "accounts", "Regions", "email sender"}
    assert "did you mean r-examplerootid111 (Root)?" in found["units"]["detail"]
    assert "888888888888" in found["accounts"]["detail"]
    assert "eu-middle-1" in found["Regions"]["detail"]
    assert "--email-identity nobody@example.org" in found["email sender"]["mend"]


def test_a_trail_that_would_cost_twice_is_a_warning(delegated: Bare) -> None:
    code, found = diagnoses(delegated, ("[web]", '[spoke]\ntrail = "accounts"\n[web]'))
    assert (code, found["trail"]["state"]) == (0, "warning")


def test_a_person_sees_marks_and_mends(delegated: Bare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    ended = delegated.muster(
        "doctor", config=delegated.settings("wrong.toml", ('id = "o-exampleorgid"', 'id = "o-anotherorgid"'))
    )
    assert ended.code == 1
    assert "✓ credentials" in ended.out
    assert "✗ organization" in ended.out
    assert '→ set id = "o-exampleorgid" in [organization] of muster.toml' in ended.out
    assert "1 of 19 checks failed" in ended.out


def test_anothers_credentials_are_said_first(delegated: Bare) -> None:
    code, found = diagnoses(delegated, ('profile = "hub"', 'profile = "shop-production"'))
    assert (code, list(found)) == (1, ["credentials"])


def test_after_a_rollout_it_is_still_well(delegated: Bare) -> None:
    deployed = delegated.muster("deploy", "--yes")
    assert deployed.code == 0, deployed.err
    code, found = diagnoses(delegated)
    assert (code, failing(found)) == (0, set())
    assert found["artefact buckets"]["detail"] == "2 of 2 are there"
    assert found["one hub"]["detail"] == "stack muster-hub is in us-east-1"
    assert found["subscriptions"]["detail"] == "2 confirmed"
