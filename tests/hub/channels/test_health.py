"""What would keep channels from working is said in words with its mend, hourly, and kept for the dashboard."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from hub.channels import check
from hub.channels.health import Trouble, subscriptions, topic_troubles, troubles, verified_identity
from hub.channels.settings import ChannelSettings, Email, Slack
from hub.store.troubles import TroubleStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EMAIL = Email(name="email", sender="muster@example.com", recipients=("a@example.com", "b@example.org"))
TOPIC = "arn:aws:sns:eu-central-1:111122223333:muster-alerts"


class NotFoundError(Exception):
    """What SES says of an identity that it does not know."""


class Ses:
    """SES of an account: its verified identities, those that wait for their owner, and how it may send."""

    class exceptions:  # noqa: N801 - boto's name
        """Its errors."""

        NotFoundException = NotFoundError

    def __init__(self, *verified: str, waiting: str = "", production: bool = True, enabled: bool = True) -> None:
        self._known = dict.fromkeys(verified, True) | ({waiting: False} if waiting else {})
        self._account = {"SendingEnabled": enabled, "ProductionAccessEnabled": production}
        self.suppressed: dict[str, str] = {}

    def get_account(self) -> dict[str, Any]:
        """Answer as SES does."""
        return self._account

    def get_email_identity(self, EmailIdentity: str) -> dict[str, Any]:  # noqa: N803 - boto's name
        """Answer as SES does."""
        if EmailIdentity not in self._known:
            raise NotFoundError(EmailIdentity)
        return {"VerifiedForSendingStatus": self._known[EmailIdentity]}

    def get_suppressed_destination(self, EmailAddress: str) -> dict[str, Any]:  # noqa: N803 - boto's name
        """Answer as SES does."""
        if EmailAddress not in self.suppressed:
            raise NotFoundError(EmailAddress)
        return {"SuppressedDestination": {"Reason": self.suppressed[EmailAddress]}}


class Sns:
    """SNS with the subscriptions of every topic, in two pages."""

    def __init__(self, *listed: tuple[str, str], protocol: str = "email", sandbox: bool = False) -> None:
        self._listed = [
            {"Protocol": protocol, "Endpoint": endpoint, "SubscriptionArn": arn} for endpoint, arn in listed
        ]
        self._sandbox = sandbox

    def get_sms_sandbox_account_status(self) -> dict[str, bool]:
        """Answer as SNS does."""
        return {"IsInSandbox": self._sandbox}

    def get_sms_attributes(self, attributes: list[str]) -> dict[str, Any]:
        """Answer as SNS does of an account that never changed them."""
        assert attributes == ["MonthlySpendLimit"]
        return {"attributes": {}}

    def get_paginator(self, _operation: str) -> "Sns":
        """Answer as boto3 does."""
        return self

    def paginate(self, **_: str) -> Iterator[dict[str, Any]]:
        """Yield the pages."""
        yield {"Subscriptions": self._listed[:1]}
        yield {"Subscriptions": self._listed[1:]}


def mail(ses: Ses, channel: Email = EMAIL) -> list[Trouble]:
    """Return all that keeps a channel for email from working."""
    return list(troubles([channel], [], lambda _: ses, str, "eu-central-1"))


@pytest.mark.parametrize("verified", ["muster@mail.example.com", "mail.example.com", "example.com"])
def test_a_verified_address_or_a_domain_of_it_is_enough(verified: str) -> None:
    mailing = Email(name="email", sender="muster@mail.example.com", recipients=())
    assert mail(Ses(verified), mailing) == []
    assert verified_identity("muster@mail.example.com", Ses(verified)) == verified  # type: ignore[arg-type]


@pytest.mark.parametrize("ses", [Ses(), Ses(waiting="muster@example.com"), Ses("example.org")])
def test_a_sender_that_is_not_verified_sends_nothing_and_the_mend_is_a_command(ses: Ses) -> None:
    (found,) = mail(ses)
    assert found.text == "neither muster@example.com nor example.com is verified in SES in eu-central-1"
    assert "aws sesv2 create-email-identity --email-identity muster@example.com --region eu-central-1" in found.mend
    assert found.is_fatal


def test_another_accounts_identity_is_its_affair() -> None:
    theirs = Email(
        name="email",
        sender="muster@example.net",
        recipients=(),
        identity_arn="arn:aws:ses:eu-central-1:444455556666:identity/example.net",
    )
    assert mail(Ses(), theirs) == []


def test_the_sandbox_gets_nothing_to_whom_nobody_verified() -> None:
    (found,) = mail(Ses("example.com", production=False))
    assert found.text == "SES is in its sandbox, where b@example.org would get nothing: not verified"
    assert (found.is_fatal, found.mend) == (True, "ask for production access: SES console, Account dashboard")


def test_the_sandbox_is_a_warning_where_all_are_verified() -> None:
    (found,) = mail(Ses("example.com", "b@example.org", production=False))
    assert found.text == "SES is in its sandbox: 200 messages a day to verified addresses"
    assert not found.is_fatal


def test_an_account_that_was_stopped_says_so_once() -> None:
    (found,) = mail(Ses("example.com", production=False, enabled=False))
    assert (found.text, found.is_fatal) == ("SES has stopped sending for this account", True)


def test_who_has_not_confirmed_is_named() -> None:
    sns = Sns(
        ("b@example.com", "PendingConfirmation"), ("a@example.com", "PendingConfirmation"), ("c@example.com", TOPIC)
    )
    (found,) = topic_troubles(TOPIC, sns)  # type: ignore[arg-type]
    assert (found.channel, found.text) == ("muster-alerts", "not confirmed: a@example.com, b@example.com")
    assert "Subscription Confirmation" in found.mend
    assert not found.is_fatal
    assert list(topic_troubles(TOPIC, Sns(("c@example.com", TOPIC)))) == []  # type: ignore[arg-type]
    listed = {one.endpoint: one.is_confirmed for one in subscriptions(TOPIC, sns)}  # type: ignore[arg-type]
    assert listed["c@example.com"] is True


def test_an_address_that_holds_a_key_is_named_by_its_host() -> None:
    key = "https://events.pagerduty.com/integration/0123456789abcdef/enqueue"
    (found,) = topic_troubles(TOPIC, Sns((key, "PendingConfirmation"), protocol="https"))  # type: ignore[arg-type]
    assert found.text == "not confirmed: https://events.pagerduty.com/…"
    assert "link in the email" not in found.mend


def test_whom_ses_drops_is_named() -> None:
    ses = Ses("example.com")
    ses.suppressed = {"b@example.org": "BOUNCE"}
    (found,) = mail(ses)
    assert found.text == "SES takes emails to b@example.org and drops them: it is on the suppression list (bounce)"
    assert "delete-suppressed-destination --email-address b@example.org" in found.mend


def test_phones_that_get_nothing_are_told_of() -> None:
    phones = Sns(("+4915112345678", TOPIC), protocol="sms", sandbox=True)
    sandbox, limit = topic_troubles(TOPIC, phones)  # type: ignore[arg-type]
    assert "sandbox" in sandbox.text
    assert limit.text == "text messages may cost $1 a month; then SNS takes them and sends none"


def test_one_look_that_fails_hides_no_other() -> None:
    def client(service: str) -> Any:
        if service == "sns":
            raise RuntimeError("no route")
        return Ses()

    def read(name: str) -> str:
        raise KeyError(name)

    channels: list[ChannelSettings] = [Slack(name="slack", secret="muster/slack"), EMAIL]
    found = list(troubles(channels, [TOPIC], client, read, "eu-central-1"))
    assert [(one.channel, one.text) for one in found] == [
        ("slack", "could not look: KeyError: 'muster/slack'"),
        ("email", "neither muster@example.com nor example.com is verified in SES in eu-central-1"),
        ("muster-alerts", "could not look: RuntimeError: no route"),
    ]


@pytest.fixture
def check_channels(
    dynamodb: "DynamoDBClient", aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., dict[str, int]]]:
    """Return how to run the hourly look, at some channels and at SES and SNS as a test says they are."""
    monkeypatch.setenv("STATE_TABLE", "state")
    monkeypatch.setenv("TOPIC_ARNS", TOPIC)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    check._settings.cache_clear()

    def run(ses: Ses, sns: Sns, *channels: ChannelSettings) -> dict[str, int]:
        clients = {"dynamodb": dynamodb, "secretsmanager": aws("secretsmanager"), "sesv2": ses, "sns": sns}
        monkeypatch.setattr(check, "aws_client", clients.__getitem__)
        monkeypatch.setattr(check, "load_channels", lambda: {one.name: one for one in channels})
        return check.check_handler({}, None)

    yield run
    check._settings.cache_clear()


def test_the_last_look_is_kept_for_the_dashboard_and_counted(
    check_channels: Callable[..., dict[str, int]], dynamodb: "DynamoDBClient", capsys: pytest.CaptureFixture[str]
) -> None:
    store = TroubleStore(dynamodb, "state")
    assert store.all() == []
    waiting = Sns(("a@example.com", "PendingConfirmation"))
    assert check_channels(Ses(), waiting, EMAIL, Slack(name="slack", secret="muster/slack")) == {"troubles": 3}
    assert [one.channel for one in store.all()] == ["email", "slack", "muster-alerts"]
    (measured,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"ChannelTroubles":[' in line]
    assert measured["ChannelTroubles"] == [2.0], "who has not confirmed is told of, and keeps nothing from working"
    assert check_channels(Ses("example.com"), Sns(), EMAIL) == {"troubles": 0}
    assert store.all() == []
