"""A digest says what happened in an account's days, in numbers that are right and words that are few."""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from moto.dynamodb.models import dynamodb_backends
from PIL import Image

from contract.finding import Finding, Severity, Workflow
from hub.channels.settings import ChannelSettings, Email, Slack, Webhook
from hub.digest import handler
from hub.digest.chart import chart, short, spoken
from hub.digest.due import DigestTimes, Period
from hub.digest.figures import Figures, Gathered, figures, gather
from hub.digest.handler import digest_handler, scopes
from hub.digest.words import digest
from hub.notifier.routing import OWNER, Route, Routing, Target
from hub.rollups import count
from hub.silence import Silence
from hub.store.accounts import Account, AccountStore
from hub.store.decisions import Decision
from hub.store.findings import FindingStore
from hub.store.outbox import Outbox
from hub.store.rollups import RollupStore
from hub.streams import StreamRecord
from tests.notifications import READER, quiet_figures
from tests.notifications import figures as busy

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Make = Callable[..., Finding]
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SHOP, BANK = "111122223333", "444455556666"
ACCOUNTS = {
    SHOP: Account(id=SHOP, name="shop", owner="shop@example.com"),
    BANK: Account(id=BANK, name="bank", owner="bank@example.com"),
}
DAY = Period("daily", "2026-11-20", 1)


@pytest.fixture
def organization(dynamodb: "DynamoDBClient", store: FindingStore, finding: Make) -> "DynamoDBClient":
    """Two accounts with findings of several days, counted as the stream counts them."""
    store.upsert(
        [
            finding("a", first_seen="2026-11-19T10:00:00.000000Z"),
            finding("b", first_seen="2026-11-19T11:00:00.000000Z", severity=Severity.CRITICAL),
            finding("c", first_seen="2026-11-18T11:00:00.000000Z", account=BANK),
            finding("d", first_seen="2026-11-01T11:00:00.000000Z", account=BANK, severity=Severity.CRITICAL),
            finding("e", first_seen="2026-11-19T12:00:00.000000Z", account=BANK),
        ]
    )
    resolved = Decision(by="bob", at="2026-11-19T13:00:00.000000Z", workflow=Workflow.RESOLVED)
    store.decide("e", resolved)
    records = list(stream())
    count(records, "shard", RollupStore(dynamodb, "state"), datetime(2026, 11, 19, 14, tzinfo=UTC))
    return dynamodb


def stream() -> Iterator[StreamRecord]:
    """Yield the changes of the findings table as its stream tells them."""
    table = dynamodb_backends["123456789012"]["eu-central-1"].get_table("findings")
    for number, item in enumerate(table.stream_shard.items, 1):
        record = item.record["dynamodb"]
        yield StreamRecord(str(number), record.get("OldImage"), record.get("NewImage"), is_expiry=False)


def gathered(client: "DynamoDBClient", period: Period = DAY, silences: tuple[Silence, ...] = ()) -> Gathered:
    findings = FindingStore(client, "findings")
    sla = {Severity.CRITICAL: 7, Severity.HIGH: 30}
    return gather(period, RollupStore(client, "state"), findings, ACCOUNTS.values(), silences, sla)


def test_a_day_has_what_was_new_closed_open_and_overdue(organization: "DynamoDBClient") -> None:
    said = figures(gathered(organization), "all", None)
    assert said.new == {"HIGH": 2, "CRITICAL": 1}
    assert said.new_before == {"HIGH": 1}
    assert said.closed == {"HIGH": 1}
    assert said.open == {"HIGH": 2, "CRITICAL": 2}
    assert said.overdue == {"CRITICAL": 1}
    assert [(one.id, one.account) for one in said.oldest] == [("d", "bank"), ("b", "shop")]
    assert dict(said.accounts) == {"shop": 2, "bank": 2}
    assert said.detections == [("iam.access_key_created", 3)]
    assert (len(said.days), said.days[-1]) == (30, ("2026-11-19", {"HIGH": 2, "CRITICAL": 1}))
    assert said.accounts_in_scope == 2


def test_some_accounts_have_a_digest_of_their_own(organization: "DynamoDBClient") -> None:
    silences = (Silence(SHOP, "eu-west-1", "2026-11-19T10:00:00.000000Z", ""), Silence(BANK, "eu-west-1", "x", ""))
    said = figures(gathered(organization, silences=silences), "shop", frozenset({SHOP}))
    assert (said.new, said.closed, said.open) == ({"HIGH": 1, "CRITICAL": 1}, {}, {"HIGH": 1, "CRITICAL": 1})
    assert [one.id for one in said.oldest] == ["b"]
    assert (said.overdue, said.detections, said.silent_count) == ({}, [], 1)
    assert said.silent == [("shop", "eu-west-1", "2026-11-19T10:00:00.000000Z")]


def test_a_week_is_compared_with_the_week_before(organization: "DynamoDBClient") -> None:
    said = figures(gathered(organization, Period("weekly", "2026-11-20", 7)), "all", None)
    assert said.new == {"HIGH": 3, "CRITICAL": 1}
    assert said.new_before == {}


def test_numbers_travel_as_json(organization: "DynamoDBClient") -> None:
    said = figures(gathered(organization), "all", None)
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(said))), Figures) == said


class Counted:
    """A client that answers of a thousand accounts, and counts how often it is asked."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.queries = 0

    def __getattr__(self, name: str) -> Any:
        if name == "query":
            self.queries += 1
        return getattr(self._client, name)

    def get_paginator(self, name: str) -> Any:
        self.queries += 1
        return self._client.get_paginator(name)


def test_all_digests_of_a_period_share_their_reads(organization: "DynamoDBClient") -> None:
    client = Counted(organization)
    found = gathered(client)  # type: ignore[arg-type]
    # 30 days and what is open; 16 shards of each severity that may be overdue, and of the critical ones.
    assert client.queries <= 31 + 3 * 16
    before = client.queries
    for number in range(1_000):
        figures(found, "all", frozenset({f"{number:012}"}))
    assert client.queries == before


def test_the_words_are_few_and_right() -> None:
    one = digest(msgspec.to_builtins(busy()), READER, identifier="i")
    assert one.subject == "Muster weekly: 3 critical open, 255 new, 112 closed, 13 overdue, 3 silent spokes"
    tables = {table.heading: table for table in one.tables}
    assert tables["Findings"].rows[:2] == (("Critical", "4 (-2)", "0", "3"), ("High", "41 (+21)", "12", "88"))
    assert tables["Silent spokes"].note == "and 2 more"
    assert one.rows[0].when == "open since 2026-10-02"
    assert all(len(row) == len(table.columns) for table in one.tables for row in table.rows)


def test_a_day_on_which_nothing_happened_says_so() -> None:
    one = digest(msgspec.to_builtins(quiet_figures()), READER, identifier="i")
    assert (one.title, one.tables, one.rows) == ("Nothing new, nothing open", (), ())
    assert one.subject == "Muster daily: 0 critical open, 0 new, 0 closed"


@pytest.mark.parametrize(
    "days",
    [
        [],
        [("2026-11-19", {})] * 30,
        [("2026-11-18", {"LOW": 1}), ("2026-11-19", {"CRITICAL": 1_000_000})],
        [(f"2026-11-{day:02}", {"HIGH": day}) for day in range(1, 31)],
    ],
)
def test_a_chart_is_a_small_picture_with_words(days: list[tuple[str, dict[str, int]]]) -> None:
    png = chart(days)
    with Image.open(io.BytesIO(png)) as image:
        assert (image.format, image.size) == ("PNG", (1_084, 420))
        colours = {one[1] for one in image.convert("RGB").getcolors(100_000) or ()}
    assert len(png) < 30_000
    assert spoken(days).startswith("New findings")
    is_critical = any(counts.get("CRITICAL") for _, counts in days)
    assert (0x7D, 0x10, 0x5C) in colours or not is_critical


def test_an_empty_chart_is_not_shown() -> None:
    assert digest(msgspec.to_builtins(quiet_figures()), READER, identifier="i").pictures == ()
    assert len(digest(msgspec.to_builtins(busy()), READER, identifier="i").pictures) == 1


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0"), (9_999, "9,999"), (12_345, "12k"), (999_499, "999k"), (999_500, "1.0M")]
)
def test_a_number_beside_the_columns_is_short(count: int, text: str) -> None:
    assert short(count) == text


@pytest.mark.parametrize("largest", [1, 9_999, 999_499, 9_900_000])
def test_nothing_of_a_chart_is_cut_off_at_its_sides(largest: int) -> None:
    days = [(f"2026-11-{day:02}", dict.fromkeys(Severity, largest // 5 + 1)) for day in range(1, 31)]
    with Image.open(io.BytesIO(chart(days))) as image:
        sides = [image.crop((0, 0, 4, image.height)), image.crop((image.width - 4, 0, image.width, image.height))]
        assert all(side.getcolors() == [(4 * image.height, (255, 255, 255))] for side in sides)


CHANNELS: dict[str, ChannelSettings] = {
    "email": Email(name="email", sender="m@example.com", recipients=("a@example.com",)),
    "slack": Slack(name="slack", secret="s"),
    "webhook": Webhook(name="webhook", secret="s"),
}


def test_a_route_of_everything_has_one_digest_and_programs_get_none() -> None:
    route = Route(name="all", channels=("email", "webhook"), digest=("daily",))
    assert scopes(route, ACCOUNTS, CHANNELS) == {Target("email"): None}


def test_owners_get_a_digest_of_their_own_accounts() -> None:
    route = Route(name="owners", channels=(OWNER,), otherwise=("slack",), digest=("daily",))
    accounts = {
        **ACCOUNTS,
        "1": Account(id="1", name="nobody's"),
        "2": Account(id="2", name="too", owner="shop@example.com"),
    }
    assert scopes(route, accounts, CHANNELS) == {
        Target("email", "shop@example.com"): frozenset({SHOP, "2"}),
        Target("email", "bank@example.com"): frozenset({BANK}),
        Target("slack"): frozenset({"1"}),
    }


def test_a_route_of_some_accounts_has_a_digest_of_those() -> None:
    route = Route(name="shop", channels=("slack",), accounts=(SHOP,), digest=("daily",))
    assert scopes(route, ACCOUNTS, CHANNELS) == {Target("slack"): frozenset({SHOP})}


def test_what_is_due_is_put_into_the_outbox_once(
    organization: "DynamoDBClient", aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    AccountStore(organization, "state").write(ACCOUNTS.values())
    queue = aws("sqs").create_queue(QueueName="muster-channel-email")["QueueUrl"]
    environment = {"FINDINGS_TABLE": "findings", "STATE_TABLE": "state", "CHANNEL_QUEUE_URLS": queue}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    routing = Routing(routes=(Route(name="all", channels=("email",), digest=("daily", "weekly")),))
    for name, value in {
        "aws_client": aws,
        "now": lambda: NOW,
        "load_routing": lambda: routing,
        "load_channels": lambda: CHANNELS,
        "load_times": lambda: DigestTimes(hour=8, sla={Severity.CRITICAL: 7}),
    }.items():
        monkeypatch.setattr(handler, name, value)
    assert digest_handler({}, None) == {"digests": 1}
    assert digest_handler({}, None) == {"digests": 0}
    (pending,) = Outbox(organization, "state").waiting("email")
    assert (pending.key, pending.digest["new"]) == ("digest#all#daily#2026-11-20", {"HIGH": 2, "CRITICAL": 1})
