"""What people should hear of, and what they should not."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from contract.finding import Finding, Mode, RecordState, Severity, Workflow
from hub import transitions
from hub.notifier.notice import Notice, notice_of, notice_text
from hub.settings import TransitionsSettings
from hub.store.items import item_of
from hub.store.outgoing import Transition
from hub.streams import StreamRecord
from hub.transitions import pass_on, pass_on_handler, transition_between
from hub.turns import Turn

Make = Callable[..., Finding]
CLOSED = {"workflow": Workflow.RESOLVED, "workflow_at": "2026-11-20T10:00:00.000000Z"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, {}, Transition.OPENED),
        (None, CLOSED, None),
        (None, {"mode": Mode.MONITOR}, None),
        ({}, {}, None),
        ({}, CLOSED, None),
        (CLOSED, {}, Transition.REOPENED),
        ({"record_state": RecordState.STALE}, {}, Transition.REOPENED),
        ({"mode": Mode.MONITOR}, {}, Transition.OPENED),
        ({}, {"severity": Severity.CRITICAL}, Transition.WORSENED),
        ({}, {"severity": Severity.LOW}, None),
        ({}, {"severity": Severity.CRITICAL, "mode": Mode.MONITOR}, None),
        ({}, {"workflow": Workflow.NOTIFIED}, None),
    ],
)
def test_people_hear_of_openings_reopenings_and_worsenings(
    finding: Make, before: Any, after: Any, expected: Transition | None
) -> None:
    assert transition_between(None if before is None else finding(**before), finding(**after)) is expected


HUB = "arn:aws:securityhub:eu-central-1::product/aws/securityhub"


@pytest.mark.parametrize(
    ("first_seen", "expected"), [("2026-11-20T09:00:00Z", Transition.OPENED), ("2026-11-19T08:00:00Z", None)]
)
def test_what_security_hub_knew_long_before_the_hub_is_no_news(
    finding: Make, first_seen: str, expected: Transition | None
) -> None:
    times = {"first_seen": first_seen, "observed_at": "2026-11-20T09:05:00Z"}
    assert transition_between(None, finding(product_arn=HUB, **times)) is expected
    assert transition_between(None, finding(**times)) is Transition.OPENED
    assert transition_between(finding(**CLOSED), finding(product_arn=HUB, **times)) is Transition.REOPENED


TOLD = TransitionsSettings(notifier_queue_url="url", workflow_queue_url="workflow", state_table="state")
PUBLISHING = msgspec.structs.replace(TOLD, publisher_queue_url="publisher")


class Queue:
    """The notifier's queue, which refuses the findings it is told to, the publisher's too, and the workflow's."""

    def __init__(self, *refused: str, unpublished: str = "") -> None:
        self.refused = refused
        self.unpublished = unpublished
        self.notices: list[Notice] = []
        self.publications: list[Finding] = []
        self.turns: list[Turn] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        if QueueUrl == "publisher":
            return self._publish(Entries)
        if QueueUrl == "workflow":
            self.turns += [msgspec.json.decode(entry["MessageBody"], type=Turn) for entry in Entries]
            return {}
        assert QueueUrl == "url"
        assert len(Entries) <= 10
        assert sum(len(entry["MessageBody"]) for entry in Entries) < 256_000
        failed = []
        for entry in Entries:
            notice = notice_of(entry["MessageBody"])
            if notice.finding.id in self.refused:
                failed.append({"Id": entry["Id"]})
            else:
                self.notices.append(notice)
        return {"Failed": failed}

    def _publish(self, entries: list[dict[str, str]]) -> dict[str, Any]:
        found = [msgspec.json.decode(entry["MessageBody"], type=Finding) for entry in entries]
        self.publications += [one for one in found if one.id != self.unpublished]
        return {"Failed": [{"Id": str(place)} for place, one in enumerate(found) if one.id == self.unpublished]}


def records(finding: Make, number: int) -> list[StreamRecord]:
    return [StreamRecord(str(place), None, item_of(finding(f"f{place}"), 1)) for place in range(number)]


def test_each_opening_is_passed_on_in_order(finding: Make) -> None:
    queue: Any = Queue()
    assert pass_on(records(finding, 25), queue, TOLD) is None
    assert [notice.finding.id for notice in queue.notices] == [f"f{place}" for place in range(25)]
    assert {notice.occurrence for notice in queue.notices} == {"opened"}


def test_a_poison_record_comes_back_and_those_before_it_are_passed_on(finding: Make) -> None:
    queue: Any = Queue()
    batch = records(finding, 5)
    batch[2] = StreamRecord("2", None, {"body": {"B": "bm90IGEgYm9keQ=="}})
    assert pass_on(batch, queue, TOLD) == "2"
    assert [notice.finding.id for notice in queue.notices] == ["f0", "f1"]


def test_an_archive_that_cannot_be_asked_how_far_it_is_makes_no_record_a_poison(finding: Make) -> None:
    queue: Any = Queue()
    expired = StreamRecord("3", item_of(finding(**CLOSED), 1), None, is_expiry=True)

    def unanswered() -> str:
        raise TimeoutError("the state table")

    settings = msgspec.structs.replace(TOLD, late_archiver_queue_url="late")
    with pytest.raises(TimeoutError):
        pass_on([*records(finding, 2), expired], queue, settings, unanswered)
    assert queue.notices == []


def test_a_notice_that_the_queue_refuses_comes_back(finding: Make) -> None:
    queue: Any = Queue("f12")
    assert pass_on(records(finding, 25), queue, TOLD) == "12"


def test_the_workflow_follows_what_opens_and_what_people_did(finding: Make) -> None:
    queue: Any = Queue()
    refreshed = finding(updated_at="2026-11-21T09:00:00.000000Z")
    changes = [(None, finding()), (finding(), refreshed), (refreshed, finding(**CLOSED)), (finding(**CLOSED), None)]
    batch = [
        StreamRecord(str(place), old and item_of(old, place), new and item_of(new, place + 1))
        for place, (old, new) in enumerate(changes)
    ]
    assert pass_on(batch, queue, TOLD) is None
    opening, closing = queue.turns
    assert opening == Turn("f1", is_opening=True)
    assert (closing.is_opening, closing.entry.changes) == (
        False,
        {"status": ("OPEN", "RESOLVED"), "workflow": ("NEW", "RESOLVED")},
    )


def test_nothing_is_published_without_a_publisher(finding: Make) -> None:
    queue: Any = Queue()
    assert pass_on(records(finding, 3), queue, TOLD) is None
    assert queue.publications == []


def test_the_publisher_hears_of_what_people_do_not(finding: Make) -> None:
    queue: Any = Queue()
    closing = StreamRecord("7", item_of(finding(), 1), item_of(finding(**CLOSED), 2))
    assert pass_on([*records(finding, 2), closing], queue, PUBLISHING) is None
    assert [one.id for one in queue.publications] == ["f0", "f1", "f1"]
    assert [one.is_open for one in queue.publications] == [True, True, False]
    assert [notice.finding.id for notice in queue.notices] == ["f0", "f1"]


@pytest.mark.parametrize(("refused", "unpublished", "first"), [("f9", "f10", "9"), ("f10", "f9", "9"), ("", "f2", "2")])
def test_the_stream_comes_again_from_what_either_queue_refused_first(
    finding: Make, refused: str, unpublished: str, first: str
) -> None:
    queue: Any = Queue(refused, unpublished=unpublished)
    assert pass_on(records(finding, 12), queue, PUBLISHING) == first


def test_a_second_reopening_is_another_occurrence(finding: Make) -> None:
    assert Notice(finding(), Transition.REOPENED, 3).occurrence != Notice(finding(), Transition.REOPENED, 5).occurrence


def test_details_that_are_too_long_for_a_queue_stay_behind(finding: Make) -> None:
    notice = notice_of(notice_text(Notice(finding(details={"asff": "x" * 300_000}), Transition.OPENED)))
    assert notice.finding == finding()


def test_the_handler_queues_notices_of_stream_events(
    finding: Make, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs = aws("sqs")
    url, other = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("notifier", "workflow"))
    monkeypatch.setattr(transitions, "aws_client", aws)
    monkeypatch.setattr(
        transitions,
        "_settings",
        lambda: TransitionsSettings(notifier_queue_url=url, workflow_queue_url=other, state_table="state"),
    )
    change = {"SequenceNumber": "1", "NewImage": item_of(finding(), 4)}
    expired = {"SequenceNumber": "2", "OldImage": item_of(finding(), 4)}
    event = {"Records": [{"dynamodb": change}, {"dynamodb": expired}]}
    assert pass_on_handler(event, None) == {"batchItemFailures": []}
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert notice_of(message["Body"]) == Notice(finding(), Transition.OPENED, 4)
