from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest
from streamlit.testing.v1 import AppTest

from contract.clock import iso, now
from dashboard import data, operations
from dashboard.spending import Counted, monthly, spent
from hub.store.deployed import DeadLetters, Deployed, DeployedStore
from hub.store.event_counts import EventCountStore
from hub.store.outbox import Outbox, Sent
from hub.store.outgoing import Pending, TargetState

Show = Callable[..., AppTest]
Markup = Callable[[AppTest], str]
PAYMENTS, SANDBOX, STRANGER = "111122223333", "444455556666", "999999999999"
QUEUES = (
    DeadLetters("muster-detector-dlq", "work", "muster-detector"),
    DeadLetters("muster-inventory-dlq", "calls", "muster-inventory"),
    DeadLetters("muster-gone-dlq", "work", "muster-gone"),
)
PRICES = {
    "heartbeats": 1e-5,
    "their reports in the hub": 1e-6,
    "forwarded events": 2e-6,
    "new findings": 4e-6,
    "findings heard of again": 1e-6,
}


@pytest.fixture
def working(tables: Any) -> Any:
    known = Deployed(version="0.1.0", dead_letters=QUEUES, standing=30.4, prices=PRICES)
    DeployedStore(tables, "muster-state").write(known, ())
    sqs = boto3.client("sqs", region_name="eu-west-1")
    for queue in ("muster-detector-dlq", "muster-inventory-dlq"):
        sqs.create_queue(QueueName=queue)
    counts = EventCountStore(tables, "muster-state")
    counts.add({PAYMENTS: 40, SANDBOX: 2, STRANGER: 1_000}, [10, 30], now())
    counts.add({PAYMENTS: 8}, [], now() - timedelta(days=3))
    outbox = Outbox(tables, "muster-state")
    day = now().strftime("%Y%m%d")
    outbox.log(
        Sent(
            id=f"{day}T1-a",
            target="email",
            at=iso(now()),
            kind="alert",
            subject="Root <signed> in",
            count=1,
            findings=("two",),
        )
    )
    return tables


def letter(queue: str, number: int = 1) -> None:
    sqs = boto3.client("sqs", region_name="eu-west-1")
    for _ in range(number):
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"], MessageBody="{}")


def test_events_are_counted_by_day_and_account(working: Any, show: Show, markup: Markup) -> None:
    page = markup(show("operations"))
    assert "50 events. From the call to the hub they took 20 s on average." in page
    busiest = page.partition("<h2>Busiest accounts")[2]
    assert busiest.index("payments-prod") < busiest.index("sandbox-alice")
    assert "<td>48</td>" in busiest
    assert STRANGER not in page


def test_filters_of_accounts_hold_for_events(working: Any, show: Show, markup: Markup) -> None:
    page = markup(show("operations", account=SANDBOX))
    assert "2 events." in page
    assert "on average" not in page


def test_dead_letters_stand_first_with_the_command_that_redrives_them(working: Any, show: Show, markup: Markup) -> None:
    letter("muster-inventory-dlq", 3)
    page = markup(show("operations"))
    assert "Dead letters: 3 in 1 of 3 queues" in page
    assert "muster redrive --queue muster-inventory-dlq" in page
    assert "there is no such queue" in page


def test_only_what_sqs_can_give_back_has_a_button(working: Any, show: Show) -> None:
    letter("muster-inventory-dlq")
    letter("muster-detector-dlq", 2)
    labels = [one.label for one in show("operations").button]
    assert "Redrive muster-detector-dlq (2)" in labels
    assert not any("inventory" in one for one in labels)


class Mover:
    """SQS, as far as moving letters goes."""

    def __init__(self, sqs: Any, refusing: Exception | None = None) -> None:
        self._sqs = sqs
        self._refusing = refusing
        self.moved: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sqs, name)

    def start_message_move_task(self, SourceArn: str) -> None:  # noqa: N803 - boto3's name
        if self._refusing:
            raise self._refusing
        self.moved.append(SourceArn)


def test_the_button_has_sqs_move_the_letters(
    working: Any, show: Show, markup: Markup, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter("muster-detector-dlq")
    mover = Mover(boto3.client("sqs", region_name="eu-west-1"))
    monkeypatch.setattr(data, "aws_client", lambda service: mover if service == "sqs" else working)
    app = show("operations")
    app = app.button(key="redrive-muster-detector-dlq").click().run()
    assert [arn.rpartition(":")[2] for arn in mover.moved] == ["muster-detector-dlq"]
    assert "SQS moves what is in muster-detector-dlq back" in markup(app)


def test_a_role_that_may_not_redrive_is_told_the_command(
    working: Any, show: Show, markup: Markup, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter("muster-detector-dlq")
    sqs = boto3.client("sqs", region_name="eu-west-1")
    denied = sqs.exceptions.ClientError({"Error": {"Code": "AccessDenied"}}, "StartMessageMoveTask")
    mover = Mover(sqs, denied)
    monkeypatch.setattr(data, "aws_client", lambda service: mover if service == "sqs" else working)
    app = show("operations").button(key="redrive-muster-detector-dlq").click().run()
    assert not app.exception
    assert "was not redriven" in markup(app)
    assert "muster redrive does the same" in markup(app)


def test_whoever_is_no_operator_has_no_button(working: Any, show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    letter("muster-detector-dlq")
    monkeypatch.setattr(data, "may_operate", lambda: False)
    assert not [one for one in show("operations").button if one.label.startswith("Redrive")]
    with pytest.raises(data.DataError, match="not redrive"):
        operations.redrive(QUEUES[0])


def test_what_was_sent_leads_to_its_finding(working: Any, show: Show, markup: Markup) -> None:
    page = markup(show("operations"))
    assert "Root &lt;signed&gt; in" in page
    assert 'href="findings?finding=two"' in page
    assert "Nothing waits, and no channel fails." in page


def test_what_is_held_back_or_fails_says_why(working: Any, show: Show, markup: Markup) -> None:
    outbox = Outbox(working, "muster-state")
    for target, state in {
        "chat": TargetState(failing_since=iso(now()), failure="the webhook is gone"),
        "email": TargetState(overflow_since=iso(now())),
    }.items():
        lease = outbox.lease(target, "me", now())
        assert lease
        outbox.release(lease, state)
        outbox.put(target, [Pending(key="k", at=iso(now()))])
    held = markup(show("operations")).partition("Held back, or failing")[2]
    assert "the webhook is gone" in held
    assert "more than its hour takes" in held


def test_spending_is_estimated_from_what_was_counted(working: Any, show: Show, markup: Markup) -> None:
    page = markup(show("operations"))
    assert "Estimated: $4.00 in 4 days" in page
    assert "50 events were counted" in page
    assert "2 spokes, hourly" in page
    of_one = markup(show("operations", account=SANDBOX))
    assert "Estimated: $4.00 in 4 days" in of_one


def test_an_estimate_has_a_line_for_each_price() -> None:
    known = Deployed(version="0.1.0", standing=30.4, prices=PRICES)
    lines = spent(known, Counted(days=10, spokes=100, events=1_000_000, findings=1_000, judged=10_000))
    dollars = {one.what: round(one.dollars, 4) for one in lines}
    assert dollars == {
        "the hub by itself": 10.0,
        "heartbeats": 0.24,
        "their reports in the hub": 0.024,
        "forwarded events": 2.0,
        "new findings": 0.004,
        "findings heard of again": 0.1,
    }
    assert round(monthly(lines, 10), 2) == round(12.368 * 3.04, 2)


def test_a_hub_of_which_nothing_is_known_leaves_the_page_standing(tables: Any, show: Show, markup: Markup) -> None:
    app = show("operations")
    assert not app.exception
    assert "Dead letters: could not be read" in markup(app)
    assert "No event was counted in these days" in markup(app)
    assert "Nothing was sent in these days" in markup(app)
