"""Findings that open and close with a condition."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from contract.clock import iso
from contract.finding import Finding, RecordState, Severity, Workflow
from hub.conditions import follow
from hub.store.decisions import Decision
from hub.store.findings import Change, FindingStore
from hub.store.outgoing import Transition
from hub.transitions import transition_between

if TYPE_CHECKING:
    from tests.hub.conftest import Calls

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
Followed = Callable[..., list[Change]]


def at(hour: float) -> str:
    return iso(START + timedelta(hours=hour))


@pytest.fixture
def holding(finding: Callable[..., Finding]) -> Callable[..., Finding]:
    """Make the finding of a condition, given since when it holds."""

    def made(since: float, identifier: str = "f1") -> Finding:
        times = {"first_seen": at(since), "updated_at": at(since), "observed_at": at(since + 0.5)}
        return finding(identifier, detection="muster.spoke_silent", **times)

    return made


@pytest.fixture
def followed(store: FindingStore) -> Followed:
    def at_hour(hour: float, *findings: Finding) -> list[Change]:
        return follow(store, ("muster.spoke_silent",), findings, at(hour))

    return at_hour


def told(changes: Iterable[Change]) -> list[Transition | None]:
    return [transition_between(one.before, one.after) for one in changes]


def test_a_finding_opens_closes_and_opens_again(
    followed: Followed, holding: Callable[..., Finding], store: FindingStore
) -> None:
    assert told(followed(1, holding(0))) == [Transition.OPENED]
    (closed,) = followed(2)
    assert (closed.after.record_state, closed.after.is_open) == (RecordState.ARCHIVED, False)
    assert told([closed]) == [None]
    assert told(followed(5, holding(4))) == [Transition.REOPENED]
    again = store.get("f1")
    assert again is not None
    assert (again.is_open, again.first_seen, again.updated_at) == (True, at(0), at(4))


def test_what_stays_as_it_is_costs_no_write(
    followed: Followed, holding: Callable[..., Finding], calls: "Calls"
) -> None:
    followed(1, holding(0))
    followed(2)
    calls.made.clear()
    assert followed(3) == []
    assert calls.count("PutItem") == calls.count("BatchGetItem") == 0
    followed(5, holding(4))
    calls.made.clear()
    assert followed(6, holding(4)) == []
    assert (calls.count("PutItem"), calls.count("BatchGetItem")) == (0, 1)


def test_what_people_resolved_stays_so_while_the_condition_lasts_and_opens_when_it_comes_back(
    followed: Followed, holding: Callable[..., Finding], store: FindingStore
) -> None:
    followed(1, holding(0))
    store.decide("f1", Decision(workflow=Workflow.RESOLVED, by="alice", note="mended", at=at(2)))
    assert followed(3, holding(0)) == []
    assert followed(4) == []
    (back,) = followed(7, holding(6))
    assert told([back]) == [Transition.REOPENED]
    assert back.after.workflow is Workflow.NEW
    store.decide("f1", Decision(workflow=Workflow.RESOLVED, by="alice", note="mended again", at=at(8)))
    assert followed(9, holding(6)) == []


def test_what_people_suppressed_stays_suppressed(
    followed: Followed, holding: Callable[..., Finding], store: FindingStore
) -> None:
    followed(1, holding(0))
    store.decide("f1", Decision(workflow=Workflow.SUPPRESSED, by="alice", note="a spoke under test", at=at(2)))
    assert followed(3, holding(0)) == []
    assert followed(4) == []
    (back,) = followed(7, holding(6))
    assert (told([back]), back.after.workflow, back.after.note) == ([None], Workflow.SUPPRESSED, "a spoke under test")


def test_a_suppression_that_ends_after_the_condition_closes_the_finding(
    followed: Followed, holding: Callable[..., Finding], store: FindingStore
) -> None:
    followed(1, holding(0))
    store.decide("f1", Decision(workflow=Workflow.SUPPRESSED, by="alice", note="", at=at(2)))
    followed(3)
    store.decide("f1", Decision(workflow=Workflow.NEW, by="alice", note="", at=at(4)))
    (closed,) = followed(5)
    assert closed.after.record_state is RecordState.ARCHIVED


def test_findings_of_other_detections_stay_open(
    followed: Followed, finding: Callable[..., Any], store: FindingStore
) -> None:
    store.upsert([finding("other", severity=Severity.LOW)])
    assert followed(1) == []
    other = store.get("other")
    assert other is not None
    assert other.is_open


def test_more_findings_than_a_page_holds_are_all_closed(
    followed: Followed, holding: Callable[..., Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.findings._LISTED", 7)
    assert len(followed(1, *(holding(0, f"f{number}") for number in range(30)))) == 30
    assert len(followed(2)) == 30
    assert followed(3) == []
