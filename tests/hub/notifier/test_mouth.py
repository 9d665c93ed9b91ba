"""A message tells of everything that is still news, however much of what waits with it is not any more."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from contract.finding import Finding, Severity, Workflow
from hub.channels.settings import Email
from hub.notifier.mouth import ChannelMouth, Facts, is_news
from hub.notifier.notification import Kind
from hub.notifier.plan import Batch
from hub.notifier.routing import Target
from hub.store.findings import FindingStore
from hub.store.outgoing import Pending, Transition
from tests.hub.notifier.conftest import NOW, SHOP

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Make = Callable[..., Finding]
MANY = 230


@pytest.fixture
def mouth(dynamodb: "DynamoDBClient") -> ChannelMouth:
    settings = Email(name="email", sender="muster@example.com", recipients=("a@example.com",))
    facts = Facts(FindingStore(dynamodb, "findings"), lambda _: SHOP, "https://muster.example.com", lambda: NOW)
    return ChannelMouth(Target("email"), settings, facts, lambda: pytest.fail("nothing is sent"))


def batch(kind: Kind, names: list[str], transition: Transition = Transition.OPENED) -> Batch:
    waiting = [
        Pending(
            key=f"{name}#opened",
            at="2026-11-20T09:00:00.000000Z",
            finding=name,
            detection="iam.user_created",
            account=SHOP.id,
            severity=Severity.HIGH,
            transition=transition,
        )
        for name in names
    ]
    return Batch("message", kind, tuple(waiting))


@pytest.mark.parametrize("kind", [Kind.ALERT, Kind.SUMMARY])
def test_what_was_suppressed_meanwhile_hides_nothing_of_what_is_open(
    mouth: ChannelMouth, dynamodb: "DynamoDBClient", finding: Make, kind: Kind
) -> None:
    accepted = [finding(f"a{place:03}", workflow=Workflow.SUPPRESSED) for place in range(MANY)]
    still = [finding(f"b{place:03}") for place in range(MANY)]
    FindingStore(dynamodb, "findings").upsert([*accepted, *still])
    told = mouth.composed(batch(kind, [one.id for one in (*accepted, *still)]))
    assert told
    assert told.count == MANY
    assert told.findings[0].id == "b000"
    assert len(told.findings) == len(told.reasons) <= 100
    assert f"{MANY - 1} more" in told.subject or f"{MANY} more" in told.subject
    shown = len(told.rows) + (1 if kind is Kind.ALERT else 0)
    assert told.more == MANY - shown


@pytest.mark.parametrize("kind", [Kind.ALERT, Kind.SUMMARY])
def test_when_nothing_is_news_nothing_is_told(
    mouth: ChannelMouth, dynamodb: "DynamoDBClient", finding: Make, kind: Kind
) -> None:
    FindingStore(dynamodb, "findings").upsert([finding("a", workflow=Workflow.RESOLVED)])
    assert mouth.composed(batch(kind, ["a", "never-stored"])) is None


def test_each_finding_says_why_it_comes(mouth: ChannelMouth, dynamodb: "DynamoDBClient", finding: Make) -> None:
    FindingStore(dynamodb, "findings").upsert([finding("a"), finding("b")])
    opened, reopened = batch(Kind.ALERT, ["a"]), batch(Kind.ALERT, ["b"], Transition.REOPENED)
    told = mouth.composed(Batch("message", Kind.ALERT, (*opened.pending, *reopened.pending)))
    assert told
    assert told.reasons == ("New finding", "Open again after it was closed")


@pytest.mark.parametrize(
    ("changes", "transition", "expected"),
    [
        ({}, Transition.OPENED, True),
        ({"workflow": Workflow.NOTIFIED}, Transition.OPENED, False),
        ({"assignee": "alice"}, Transition.REOPENED, False),
        ({"workflow": Workflow.NOTIFIED}, Transition.ESCALATED, False),
        ({"workflow": Workflow.NOTIFIED}, Transition.WORSENED, True),
        ({"workflow": Workflow.SUPPRESSED}, Transition.WORSENED, False),
    ],
)
def test_what_somebody_has_in_hand_is_told_only_when_it_becomes_worse(
    finding: Make, changes: dict[str, str], transition: Transition, expected: bool
) -> None:
    assert is_news(finding("a", **changes), transition) is expected
