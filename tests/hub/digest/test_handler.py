"""Each digest goes to everybody who should have it, once, of the accounts that are theirs."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from PIL import Image

from contract.finding import Severity
from hub.channels.settings import ChannelSettings, Email, Slack, Webhook
from hub.digest import handler
from hub.digest.due import DigestTimes
from hub.digest.handler import digest_handler, scopes
from hub.notifier.email import mime
from hub.notifier.mouth import ChannelMouth, Facts
from hub.notifier.notification import Kind
from hub.notifier.plan import Batch
from hub.notifier.routing import OWNER, Route, Routing, Target
from hub.store.accounts import REMOVED, Account, AccountStore
from hub.store.findings import FindingStore
from hub.store.outbox import Outbox
from tests.hub.digest.conftest import ACCOUNTS, BANK, SHOP

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
CHANNELS: dict[str, ChannelSettings] = {
    "email": Email(name="email", sender="m@example.com", recipients=("a@example.com",)),
    "slack": Slack(name="slack", secret="s"),
    "webhook": Webhook(name="webhook", secret="s"),
}
Run = Callable[..., int]


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


def test_an_organization_without_accounts_has_a_digest_too() -> None:
    route = Route(name="all", channels=("slack",), digest=("daily",))
    assert scopes(route, {}, CHANNELS) == {Target("slack"): None}


class Woken:
    """A client of queues that counts what it sends; it breaks after a number of messages when it is told so."""

    def __init__(self) -> None:
        self.count = 0
        self.fails_after: int | None = None

    def send_message(self, **_: Any) -> dict[str, Any]:
        if self.count == self.fails_after:
            raise ConnectionError("cut off")
        self.count += 1
        return {}


@pytest.fixture
def sqs() -> Woken:
    return Woken()


@pytest.fixture
def run(organization: "DynamoDBClient", aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, sqs: Woken) -> Run:
    """Run the handler at a moment, with a route of everything and one of each owner; answers how many are new."""
    AccountStore(organization, "state").write(ACCOUNTS.values())
    addresses = ",".join(f"{name}=https://queues.example.com/muster-channel-{name}" for name in CHANNELS)
    environment = {"FINDINGS_TABLE": "findings", "STATE_TABLE": "state", "CHANNEL_QUEUE_URLS": addresses}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    routes = (
        Route(name="all", channels=("slack",), digest=("daily", "weekly")),
        Route(name="owners", channels=(OWNER, "email"), digest=("daily",)),
    )
    times = DigestTimes(hour=8, weekday="friday", sla={Severity.CRITICAL: 7})

    def made(moment: datetime = NOW, asked: tuple[Route, ...] = routes) -> int:
        for name, value in {
            "aws_client": lambda service: sqs if service == "sqs" else aws(service),
            "now": lambda: moment,
            "load_routing": lambda: Routing(routes=asked),
            "load_channels": lambda: CHANNELS,
            "load_times": lambda: times,
        }.items():
            monkeypatch.setattr(handler, name, value)
        return digest_handler({}, None)["digests"]

    return made


def waiting(client: "DynamoDBClient", target: str) -> dict[str, dict[str, object]]:
    return {one.key: one.digest for one in Outbox(client, "state").waiting(target)}


def test_what_is_due_is_put_into_the_outbox_once(organization: "DynamoDBClient", run: Run, sqs: Woken) -> None:
    assert run() == 5
    assert sqs.count == 5
    everything = waiting(organization, "slack")
    assert set(everything) == {"digest#all#daily#2026-11-20", "digest#all#weekly#2026-11-20"}
    assert everything["digest#all#daily#2026-11-20"]["new"] == {"HIGH": 2, "CRITICAL": 1}
    (shop,) = waiting(organization, "email/shop@example.com").values()
    assert (shop["accounts_in_scope"], shop["new"]) == (1, {"HIGH": 1, "CRITICAL": 1})
    assert len(waiting(organization, "email/bank@example.com")) == len(waiting(organization, "email")) == 1


def test_a_digest_arrives_as_an_email_with_its_picture(organization: "DynamoDBClient", run: Run) -> None:
    run()
    (pending,) = Outbox(organization, "state").waiting("email")
    settings = Email(name="email", sender="m@example.com", recipients=("a@example.com",), time_zone="Europe/Berlin")
    facts = Facts(FindingStore(organization, "findings"), ACCOUNTS.get, "https://muster.example.com", lambda: NOW)
    mouth = ChannelMouth(Target("email"), settings, facts, lambda: pytest.fail("nothing is sent"))
    notification = mouth.composed(Batch("20261120T090000-d", Kind.DIGEST, (pending,)))
    assert notification
    mail = message_from_bytes(mime(notification, settings, ["a@example.com"], NOW), policy=policy.default)
    assert mail["Subject"] == "Muster daily: 2 critical open, 3 new, 1 closed, 1 overdue"
    (picture,) = (part for part in mail.walk() if part.get_content_type() == "image/png")
    assert picture["Content-ID"] == "<new-findings>"
    html = mail.get_body(("html",))
    assert html
    assert 'src="cid:new-findings"' in html.get_content()
    with Image.open(io.BytesIO(picture.get_content())) as image:
        assert image.size == (1_088, 440)


def test_later_runs_of_the_day_read_nothing_and_wake_nobody(
    organization: "DynamoDBClient", run: Run, sqs: Woken, monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    monkeypatch.setattr(handler, "gather", lambda *_: pytest.fail("it was read again"))
    assert run(NOW.replace(hour=20)) == 0
    assert run(NOW.replace(day=21, hour=6)) == 0
    assert sqs.count == 5


def test_the_next_day_has_its_own(organization: "DynamoDBClient", run: Run) -> None:
    run()
    assert run(NOW.replace(day=21)) == 4
    assert "digest#all#daily#2026-11-21" in waiting(organization, "slack")


@pytest.mark.filterwarnings("ignore:No application metrics")
@pytest.mark.parametrize("told", range(5))
def test_a_run_that_was_cut_off_is_finished_by_the_next(
    organization: "DynamoDBClient", run: Run, sqs: Woken, told: int
) -> None:
    sqs.fails_after = told
    with pytest.raises(ConnectionError):
        run()
    sqs.fails_after = None
    before = sqs.count
    assert run(NOW.replace(hour=20)) == 4 - told
    # Whoever was woken before may be woken again; nobody is left out.
    assert sqs.count - before >= 5 - told
    assert len(waiting(organization, "slack")) == 2
    assert len(waiting(organization, "email/shop@example.com")) == 1


def test_an_account_that_left_gets_no_digest(organization: "DynamoDBClient", run: Run) -> None:
    left = msgspec.structs.replace(ACCOUNTS[BANK], status=REMOVED)
    AccountStore(organization, "state").write([left])
    assert run() == 4
    assert waiting(organization, "email/bank@example.com") == {}
