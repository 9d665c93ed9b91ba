"""Order and repetition of sights do not matter."""

import random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from contract.finding import Finding, Severity, Workflow
from hub.store.merge import joined, merge

TIMES = [f"2026-11-20T09:00:0{second}.000000Z" for second in range(4)]
WORKFLOWS = st.sampled_from([(workflow, at, f"{workflow} {at}") for workflow in Workflow for at in TIMES])


def sight(updated: str, observed: str, first: str, what: int, done: tuple[Workflow, str, str]) -> Finding:
    workflow, at, note = done
    return Finding(
        id="f1",
        detection="iam.user_created",
        # What is said depends on the version, so that the same is not seen at two times with another between.
        title=f"{updated} {observed} {what}",
        severity=Severity.HIGH,
        account="111122223333",
        region="us-east-1",
        resource="r",
        details={"ports": (22, what)},
        first_seen=first,
        updated_at=updated,
        observed_at=observed,
        workflow=workflow,
        workflow_at=at,
        note=note,
    )


SIGHTS = st.builds(
    sight,
    st.sampled_from(TIMES),
    st.sampled_from(TIMES),
    st.sampled_from(TIMES),
    st.integers(0, 2),
    WORKFLOWS,
)


def stored(finding: Finding) -> Finding:
    """Return a finding as it comes back from the table: tuples inside details are lists."""
    return msgspec.json.decode(msgspec.json.encode(finding), type=Finding)


def fold(sights: list[Finding]) -> Finding:
    result = sights[0]
    for one in sights[1:]:
        result = stored(joined(result, one))
    return stored(result)


@given(st.lists(SIGHTS, min_size=1, max_size=5), st.randoms())
def test_any_order_and_any_repetition_give_the_same_finding(sights: list[Finding], chance: random.Random) -> None:
    shuffled = [*sights, *chance.choices(sights, k=len(sights))]
    chance.shuffle(shuffled)
    assert fold(shuffled) == fold(sights)


@given(SIGHTS, SIGHTS, SIGHTS)
def test_merging_is_associative(one: Finding, two: Finding, three: Finding) -> None:
    assert stored(joined(joined(one, two), three)) == stored(joined(one, joined(two, three)))


@given(SIGHTS)
def test_the_same_again_is_unchanged(one: Finding) -> None:
    assert merge(stored(one), one) is None


@given(SIGHTS, st.sampled_from(TIMES))
def test_the_same_seen_later_is_unchanged(one: Finding, later: str) -> None:
    assert merge(one, msgspec.structs.replace(one, observed_at=later)) is None


def change(finding: Finding, **changes: Any) -> Finding:
    return msgspec.structs.replace(finding, **changes)


ONE = sight(TIMES[1], TIMES[1], TIMES[1], 0, (Workflow.NEW, TIMES[0], ""))


def test_a_new_finding_is_stored_as_it_is() -> None:
    assert merge(None, ONE) is ONE


def test_an_older_update_changes_nothing() -> None:
    assert merge(ONE, change(ONE, updated_at=TIMES[0], observed_at=TIMES[3], title="old")) is None


def test_a_replay_after_a_changed_setting_wins_by_when_it_was_observed() -> None:
    merged = merge(ONE, change(ONE, observed_at=TIMES[2], severity=Severity.LOW))
    assert merged is not None
    assert merged.severity is Severity.LOW


def test_what_people_did_survives_a_newer_update() -> None:
    done = change(ONE, workflow=Workflow.SUPPRESSED, workflow_at=TIMES[2], note="drill", workflow_by="bob")
    merged = merge(done, change(ONE, updated_at=TIMES[3], title="new"))
    assert merged is not None
    assert (merged.title, merged.workflow, merged.note, merged.workflow_by) == ("new", "SUPPRESSED", "drill", "bob")


def test_the_earliest_first_sight_stays() -> None:
    merged = merge(ONE, change(ONE, updated_at=TIMES[0], first_seen=TIMES[0]))
    assert merged == change(ONE, first_seen=TIMES[0])
