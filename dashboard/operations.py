"""Whether the hub itself works: events that come, letters that nobody could deliver, messages that were sent."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import msgspec
import streamlit as st
from botocore.exceptions import ClientError

from dashboard import compliance, data, deployment
from dashboard.organization import Organization
from dashboard.problems import DataError
from dashboard.spending import Counted, Spent, spent
from hub.store.deployed import DeadLetters
from hub.store.event_counts import DayOfEvents, EventCountStore
from hub.store.outbox import Outbox, Sent
from hub.store.rollups import RollupStore

USUAL_DAYS = 14
# The log is an item of each message; more days than these are for the archive of your mailbox.
_MOST_LOG_DAYS = 30
_MOST_DAYS = 90
_MOST_SENT = 2_000
_PARALLEL = 8
_FRESH = timedelta(seconds=20)
_SETTLED = timedelta(minutes=2)
_NO_QUEUE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
_REDRIVE = "muster redrive does the same with your own rights, and says of each message why it stays."


class Letters(msgspec.Struct, frozen=True):
    """A queue of dead letters and how many lie there; None: the queue is not there, or may not be looked at."""

    queue: DeadLetters
    messages: int | None
    remark: str = ""

    @property
    def is_movable(self) -> bool:
        """Whether SQS itself can give its messages back to the queue that they came from."""
        return self.queue.kind == "work"


class Log(msgspec.Struct, frozen=True):
    """Messages that channels took, the latest first; `is_whole`: there are no more in these days."""

    sent: tuple[Sent, ...]
    is_whole: bool


def days_of(wanted: int) -> int:
    """Return of how many days the page speaks."""
    return min(wanted or USUAL_DAYS, _MOST_DAYS)


def events(among: Organization, days: int, *, is_all: bool) -> list[DayOfEvents]:
    """Return the events of the accounts, day by day, oldest first; `is_all`: they are the whole organization.

    How late they came is known of all accounts together: of a part of them nothing is said. Raises `DataError`.
    """
    with data.state():
        found = _events(days)
    is_whole = is_all and data.sees_all()
    return [
        DayOfEvents(
            one.day,
            {name: count for name, count in one.by_account.items() if name in among.accounts},
            one.late_seconds if is_whole else None,
        )
        for one in found
    ]


def letters() -> list[Letters]:
    """Return the hub's queues of dead letters, the fullest first."""
    with data.whole():
        found = _letters(deployment.deployed().dead_letters)
    return sorted(found, key=lambda one: -(one.messages or 0))


def redrive(queue: DeadLetters) -> None:
    """Give the messages of a queue of work back to where they came from. Raises `DataError`."""
    if not data.may_operate():
        raise DataError(f"you may look at {queue.name}, and not redrive it", "Ask an operator of the organization.")
    try:
        with data.whole():
            sqs = data.aws_client("sqs")
            url = sqs.get_queue_url(QueueName=queue.name)["QueueUrl"]
            arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            sqs.start_message_move_task(SourceArn=arn)
    except DataError as error:
        raise DataError(str(error), _REDRIVE) from error
    _letters.clear()


def log(days: int) -> Log:
    """Return what was sent in the last days."""
    with data.whole():
        return _log(min(days, _MOST_LOG_DAYS))


def spending(whole: Organization, days: int) -> tuple[list[Spent], int]:
    """Return what the last days are estimated to have cost, and how many: no more than since something was counted."""
    with data.whole() as (client, table):
        known = deployment.deployed()
        summary = RollupStore(client, table).summary(data.present())
    wanted = min(days, len(summary.by_day))
    found = [sum(counts.values()) for counts in summary.by_day.values()][-wanted:]
    came = [sum(one.by_account.values()) for one in events(whole, wanted, is_all=True)]
    wanted -= next((day for day, counts in enumerate(zip(found, came, strict=True)) if any(counts)), wanted - 1)
    judged: dict[str, int] = {}
    for standard in compliance.standards(whole):
        for one in standard.accounts:
            # A control of several standards is one finding: an account's largest standard stands for all of its.
            judged[one.name] = max(judged.get(one.name, 0), one.judged + one.unknown)
    counted = Counted(
        days=wanted,
        spokes=len(whole.watched),
        events=sum(came),
        findings=sum(found),
        judged=sum(judged.values()),
    )
    return spent(known, counted), wanted


@st.cache_data(ttl=_SETTLED, max_entries=6, show_spinner=False)
def _events(days: int) -> list[DayOfEvents]:
    present = data.present()
    asked = [(present - timedelta(days=back)).date().isoformat() for back in reversed(range(days))]
    with data.state() as place:
        known = {one.day: one for one in EventCountStore(*place).days(asked)}
    return [known.get(day, DayOfEvents(day, {})) for day in asked]


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _letters(queues: tuple[DeadLetters, ...]) -> list[Letters]:
    with ThreadPoolExecutor(_PARALLEL) as pool:
        sqs = data.aws_client("sqs")
        return list(pool.map(lambda one: _letters_in(sqs, one), queues))


def _letters_in(sqs: Any, queue: DeadLetters) -> Letters:
    try:
        url = sqs.get_queue_url(QueueName=queue.name)["QueueUrl"]
        said = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        remark = "there is no such queue: make deploy" if code in _NO_QUEUE else f"may not be looked at: {code}"
        return Letters(queue, None, remark)
    return Letters(queue, int(said["ApproximateNumberOfMessages"]))


@st.cache_data(ttl=_FRESH, max_entries=6, show_spinner=False)
def _log(days: int) -> Log:
    present = data.present()
    found: list[Sent] = []
    with data.whole() as place:
        outbox = Outbox(*place)
        for back in range(days):
            found += reversed(outbox.sent((present - timedelta(days=back)).date().isoformat()))
            if len(found) > _MOST_SENT:
                break
    return Log(_latest(found[:_MOST_SENT]), len(found) <= _MOST_SENT)


def _latest(sent: Sequence[Sent]) -> tuple[Sent, ...]:
    return tuple(sorted(sent, key=lambda one: one.at, reverse=True))
