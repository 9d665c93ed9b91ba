"""Each channel hears of each transition once; one that fails silences no other."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from contract.finding import Finding, Severity
from hub.notifier import channels, handler
from hub.notifier.channels import CHANNELS, configured_channels
from hub.notifier.handler import NotificationError, Notifier, notify_handler
from hub.notifier.message import Message
from hub.notifier.notice import Notice, Transition, notice_text
from hub.settings import NotifierSettings
from hub.store.accounts import Account, AccountStore
from hub.store.ledger import Ledger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Make = Callable[..., Finding]
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


class Recording:
    """A channel that remembers, or fails."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        self.is_broken = False

    def send(self, message: Message) -> None:
        if self.is_broken:
            raise TimeoutError("no answer")
        self.subjects.append(message.subject)


@pytest.fixture
def good() -> Recording:
    return Recording()


@pytest.fixture
def broken() -> Recording:
    channel = Recording()
    channel.is_broken = True
    return channel


@pytest.fixture
def notifier(dynamodb: "DynamoDBClient", good: Recording, broken: Recording) -> Iterator[Notifier]:
    def composed(notice: Notice) -> Message:
        return Message(f"{notice.finding.id} {notice.occurrence}", "", "")

    ledger = Ledger(dynamodb, "state")
    channels = {"broken": broken, "good": good}
    yield Notifier(
        ledger,
        channels,
        composed,
        Severity.MEDIUM,
        clock=lambda: NOW,
        has_predecessor=lambda finding: finding.id == "renamed",
        is_accepted=lambda finding: finding.id == "accepted",
    )
    handler.metrics.clear_metrics()


@pytest.mark.parametrize("known", ["renamed", "accepted"])
def test_what_people_know_or_accept_is_not_told(notifier: Notifier, good: Recording, finding: Make, known: str) -> None:
    notifier.notify(Notice(finding(known), Transition.OPENED))
    assert good.subjects == []
    with pytest.raises(NotificationError):
        notifier.notify(Notice(finding("news"), Transition.OPENED))
    assert good.subjects == ["news opened"]


def test_a_failing_channel_does_not_silence_the_others(
    notifier: Notifier, good: Recording, finding: Make, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(NotificationError, match="broken: TimeoutError: no answer"):
        notifier.notify(Notice(finding(), Transition.OPENED))
    assert good.subjects == ["f1 opened"]
    assert "in send" in caplog.text


def test_a_channel_that_recovers_hears_of_it_and_the_others_not_again(
    notifier: Notifier, good: Recording, broken: Recording, finding: Make
) -> None:
    with pytest.raises(NotificationError):
        notifier.notify(Notice(finding(), Transition.OPENED))
    broken.is_broken = False
    for _ in range(3):
        notifier.notify(Notice(finding(), Transition.OPENED))
    assert good.subjects == broken.subjects == ["f1 opened"]


def test_each_reopening_is_told_once(notifier: Notifier, good: Recording, broken: Recording, finding: Make) -> None:
    broken.is_broken = False
    for revision in (3, 3, 5, 5):
        notifier.notify(Notice(finding(), Transition.REOPENED, revision))
    assert good.subjects == ["f1 reopened@3", "f1 reopened@5"]


def test_what_is_below_the_minimum_is_for_the_dashboard_only(
    notifier: Notifier, good: Recording, finding: Make
) -> None:
    notifier.notify(Notice(finding(severity=Severity.LOW), Transition.OPENED))
    assert good.subjects == []


def test_a_message_in_another_functions_hands_comes_back(
    notifier: Notifier, good: Recording, dynamodb: "DynamoDBClient", finding: Make
) -> None:
    Ledger(dynamodb, "state").claim("f1", "opened", "good", NOW)
    with pytest.raises(NotificationError, match="good: another function is at it"):
        notifier.notify(Notice(finding(), Transition.OPENED))
    assert good.subjects == []


TABLES = {"findings_table": "findings", "state_table": "state"}
SETTINGS = NotifierSettings(**TABLES, email_sender="a@example.com", email_recipients="b@example.com, c@d.com")


@pytest.mark.parametrize("lacks", [{"email_sender": ""}, {"email_recipients": " , "}])
def test_a_channel_that_is_not_configured_is_left_out(lacks: Any) -> None:
    assert configured_channels(NotifierSettings(**{**TABLES, **lacks})) == {}


def test_the_catalogue_names_every_channel() -> None:
    assert list(CHANNELS) == ["email"]


@pytest.fixture
def ses(aws: Callable[[str], Any], dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {
        "FINDINGS_TABLE": "findings",
        "STATE_TABLE": "state",
        "EMAIL_SENDER": "alerts@example.com",
        "EMAIL_RECIPIENTS": "ops@example.com,ciso@example.com",
    }.items():
        monkeypatch.setenv(name, value)
    for module in (handler, channels):
        monkeypatch.setattr(module, "aws_client", aws)
    handler._notifier.cache_clear()
    aws("sesv2").create_email_identity(EmailIdentity="alerts@example.com")
    AccountStore(dynamodb, "state").write([Account(id="111122223333", name="shop-production")])
    yield ses_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"]
    handler._notifier.cache_clear()


def sqs_event(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]}


def test_an_alert_goes_to_all_recipients_as_html_and_text_once(ses: Any, finding: Make) -> None:
    body = notice_text(Notice(finding(), Transition.OPENED))
    for _ in range(2):
        assert notify_handler(sqs_event(body, body), None) == {"batchItemFailures": []}
    (sent,) = ses.sent_messages
    assert sent.subject == "[HIGH] Access key created for alice · shop-production"
    assert sent.destinations["ToAddresses"] == ["ops@example.com", "ciso@example.com"]


def test_a_poison_message_comes_back_alone(ses: Any, finding: Make) -> None:
    bodies = ("nonsense", notice_text(Notice(finding(), Transition.OPENED)), "{}")
    answer = notify_handler(sqs_event(*bodies), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}, {"itemIdentifier": "2"}]}
    assert len(ses.sent_messages) == 1


def test_a_refusal_of_ses_brings_the_message_back(
    ses: Any, finding: Make, monkeypatch: pytest.MonkeyPatch, aws: Any
) -> None:
    aws("sesv2").delete_email_identity(EmailIdentity="alerts@example.com")
    answer = notify_handler(sqs_event(notice_text(Notice(finding(), Transition.OPENED))), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    aws("sesv2").create_email_identity(EmailIdentity="alerts@example.com")
    notify_handler(sqs_event(notice_text(Notice(finding(), Transition.OPENED))), None)
    assert len(ses.sent_messages) == 1
