"""A service's later events about a finding: they refresh it, close it, and open it again."""

import msgspec

from contract.finding import Finding, Mode, RecordState, Severity, Workflow
from hub.republished import met
from hub.store.merge import merge

OPENED = Finding(
    id="one",
    detection="native.access_analyzer",
    title="A bucket is open",
    severity=Severity.HIGH,
    account="111122223333",
    region="eu-west-1",
    resource="arn:aws:s3:::amzn-s3-demo-bucket",
    product="IAM Access Analyzer",
    updated_at="2026-11-20T10:00:00.000000Z",
)
CLOSED = msgspec.structs.replace(
    OPENED,
    title="a resource is open",
    resource="arn:aws:iam::111122223333:root",
    record_state=RecordState.ARCHIVED,
    updated_at="2026-11-20T11:00:00.000000Z",
)
AGAIN = msgspec.structs.replace(OPENED, updated_at="2026-11-20T12:00:00.000000Z")


def stored(*told: Finding, before: Finding | None = None) -> Finding | None:
    """Return what the store has after all were told, each on its own."""
    for one in told:
        (following,) = met([one], {one.id: before} if before else {})
        before = merge(before, following) or before
    return before


def done(workflow: Workflow, at: str, finding: Finding | None) -> Finding:
    assert finding
    return msgspec.structs.replace(finding, workflow=workflow, workflow_at=at, workflow_by="alice")


def test_a_closed_finding_keeps_what_was_said_of_it() -> None:
    closed = stored(OPENED, CLOSED)
    assert closed == msgspec.structs.replace(OPENED, record_state=RecordState.ARCHIVED, updated_at=CLOSED.updated_at)


def test_what_is_only_about_a_known_finding_makes_none() -> None:
    minor = msgspec.structs.replace(CLOSED, mode=Mode.OFF)
    assert list(met([minor], {})) == []
    assert stored(OPENED, minor) == stored(OPENED, CLOSED)


def test_the_order_of_events_decides_nothing_but_their_times() -> None:
    late = stored(CLOSED, OPENED)
    assert late
    assert late.record_state is RecordState.ARCHIVED


def test_a_batch_that_holds_both_ends_as_one_after_the_other() -> None:
    opened, closed = met([CLOSED, OPENED], {})
    assert opened == OPENED
    assert closed == stored(OPENED, CLOSED)


def test_the_same_event_again_changes_nothing() -> None:
    for before in (stored(OPENED), stored(OPENED, CLOSED)):
        assert before
        assert stored(OPENED if before.is_open else CLOSED, before=before) is before


def test_what_people_resolved_is_new_when_the_service_finds_it_once_more() -> None:
    resolved = done(Workflow.RESOLVED, "2026-11-20T10:30:00.000000Z", stored(OPENED))
    back = stored(CLOSED, AGAIN, before=resolved)
    assert back
    assert (back.workflow, back.is_open) == (Workflow.NEW, True)


def test_what_people_resolved_stays_so_while_the_service_only_repeats_itself() -> None:
    resolved = done(Workflow.RESOLVED, "2026-11-20T10:30:00.000000Z", stored(OPENED))
    repeated = stored(AGAIN, before=resolved)
    assert repeated
    assert (repeated.workflow, repeated.updated_at) == (Workflow.RESOLVED, AGAIN.updated_at)


def test_what_people_resolved_after_it_came_back_stays_so() -> None:
    resolved = done(Workflow.RESOLVED, "2026-11-20T12:30:00.000000Z", stored(OPENED, CLOSED))
    back = stored(AGAIN, before=resolved)
    assert back
    assert back.workflow is Workflow.RESOLVED


def test_what_people_suppressed_stays_so_when_it_comes_back() -> None:
    suppressed = done(Workflow.SUPPRESSED, "2026-11-20T10:30:00.000000Z", stored(OPENED))
    back = stored(CLOSED, AGAIN, before=suppressed)
    assert back
    assert back.workflow is Workflow.SUPPRESSED
