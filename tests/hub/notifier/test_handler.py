"""What a route names is put into the outbox once and its queue woken; a poison message comes back alone."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from contract.clock import iso
from contract.finding import Finding, Severity
from hub.channels.settings import ChannelSettings, Email, Slack, Sns
from hub.notifier import handler
from hub.notifier.handler import Notifier, notify_handler
from hub.notifier.notice import Notice, notice_text
from hub.notifier.routing import Escalation, Route, Routing, Target
from hub.store.accounts import Account
from hub.store.outbox import Outbox
from hub.store.outgoing import Transition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Make = Callable[..., Finding]
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
CHANNELS: dict[str, ChannelSettings] = {
    "email": Email(name="email", sender="m@example.com", recipients=("a@example.com",)),
    "payments": Slack(name="payments", secret="muster/slack"),
    "critical-alerts": Sns(name="critical-alerts", topic_arn="arn", minimum_severity=Severity.INFORMATIONAL),
}
ROUTING = Routing(
    routes=(Route(name="all", channels=("email", "payments")),), escalation=Escalation(channels=("critical-alerts",))
)


@pytest.fixture
def outbox(dynamodb: "DynamoDBClient") -> Outbox:
    return Outbox(dynamodb, "state")


@pytest.fixture
def notifier(outbox: Outbox) -> Iterator[Notifier]:
    yield Notifier(
        outbox,
        ROUTING,
        CHANNELS,
        lambda account: Account(id=account, name="shop"),
        clock=lambda: NOW,
        has_predecessor=lambda finding: finding.id == "renamed",
        is_accepted=lambda finding: finding.id == "accepted",
    )
    handler.metrics.clear_metrics()


def test_every_target_has_it_once_whoever_brings_it_again(notifier: Notifier, outbox: Outbox, finding: Make) -> None:
    for _ in range(3):
        woken = notifier.notify(Notice(finding(), Transition.OPENED))
        # Also what is in already is woken: whoever put it in may have died before.
        assert woken == {Target("email"), Target("payments")}
    [pending] = outbox.waiting("email")
    assert (pending.key, pending.detection, pending.account, pending.route) == (
        "f1#opened",
        "iam.access_key_created",
        "111122223333",
        "all",
    )
    assert len(outbox.waiting("payments")) == 1


@pytest.mark.parametrize("known", ["renamed", "accepted"])
def test_what_people_know_or_accept_is_not_told(notifier: Notifier, outbox: Outbox, finding: Make, known: str) -> None:
    assert notifier.notify(Notice(finding(known), Transition.OPENED)) == set()
    assert outbox.waiting("email") == []


def test_each_reopening_is_told_once(notifier: Notifier, outbox: Outbox, finding: Make) -> None:
    for revision in (3, 3, 5, 5):
        notifier.notify(Notice(finding(), Transition.REOPENED, revision))
    assert [one.key for one in outbox.waiting("email")] == ["f1#reopened@3.2026-11-20", "f1#reopened@5.2026-11-20"]


def test_what_no_route_takes_is_for_the_dashboard_only(notifier: Notifier, outbox: Outbox, finding: Make) -> None:
    assert notifier.notify(Notice(finding(severity=Severity.LOW), Transition.OPENED)) == set()
    assert outbox.waiting("email") == []


def test_the_worst_go_to_the_escalation_at_once_and_later_again(
    notifier: Notifier, outbox: Outbox, finding: Make
) -> None:
    woken = notifier.notify(Notice(finding(severity=Severity.CRITICAL), Transition.OPENED))
    assert Target("critical-alerts") in woken
    at_once, later = sorted(outbox.waiting("critical-alerts"), key=lambda one: one.not_before)
    assert (at_once.transition, at_once.not_before) == (Transition.OPENED, "")
    assert (later.transition, later.not_before) == (Transition.ESCALATED, iso(NOW + timedelta(minutes=30)))
    assert later.key == "f1#escalated:opened"


def test_the_worst_escalate_although_no_route_takes_them(outbox: Outbox, finding: Make) -> None:
    routing = Routing(routes=(), escalation=Escalation(channels=("critical-alerts",), at_once=False))
    notifier = Notifier(
        outbox,
        routing,
        CHANNELS,
        lambda _: None,
        clock=lambda: NOW,
        has_predecessor=lambda _: False,
        is_accepted=lambda _: False,
    )
    woken = notifier.notify(Notice(finding(severity=Severity.CRITICAL), Transition.OPENED))
    assert woken == {Target("critical-alerts")}
    (later,) = outbox.waiting("critical-alerts")
    assert (later.transition, later.not_before) == (Transition.ESCALATED, iso(NOW + timedelta(minutes=30)))


@pytest.fixture
def deployed(aws: Callable[[str], Any], dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    sqs = aws("sqs")
    names = ("email", "payments", "critical-alerts")
    queues = {name: sqs.create_queue(QueueName=f"muster-channel-{name}")["QueueUrl"] for name in names}
    for name, value in {
        "FINDINGS_TABLE": "findings",
        "STATE_TABLE": "state",
        "CHANNEL_QUEUE_URLS": ",".join(f"{name}={address}" for name, address in queues.items()),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(handler, "aws_client", aws)
    monkeypatch.setattr(handler, "load_routing", lambda: ROUTING)
    monkeypatch.setattr(handler, "load_channels", lambda: CHANNELS)
    for cached in (handler._notifier, handler._queues, handler._settings):
        cached.cache_clear()
    yield queues
    for cached in (handler._notifier, handler._queues, handler._settings):
        cached.cache_clear()


def sqs_event(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]}


def test_a_batch_wakes_each_channel_once_and_a_poison_message_comes_back_alone(
    aws: Any, deployed: dict[str, str], finding: Make
) -> None:
    good = [notice_text(Notice(finding(str(number)), Transition.OPENED)) for number in range(3)]
    answer = notify_handler(sqs_event("nonsense", *good, "{}"), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}, {"itemIdentifier": "4"}]}
    for name in ("email", "payments"):
        received = aws("sqs").receive_message(QueueUrl=deployed[name], MaxNumberOfMessages=10)["Messages"]
        assert [msgspec.json.decode(one["Body"]) for one in received] == [{"target": name}]
    assert "Messages" not in aws("sqs").receive_message(QueueUrl=deployed["critical-alerts"])
