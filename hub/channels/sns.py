"""A topic of SNS: each subscriber gets what its protocol can show."""

import unicodedata
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from hub.channels.channel import ChannelError
from hub.channels.document import encoded
from hub.channels.settings import Sns
from hub.notifier.notification import Notification
from hub.notifier.rendering import as_text
from hub.notifier.texts import one_line

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

# SNS, Publish: 256 KB for all protocols together; Subject: ASCII, fewer than 100 characters, no line ends.
_BYTES = 256 * 1024
_TEXT_BYTES = 24_000
_SUBJECT = 99
# One message has 140 bytes, which are 160 characters of GSM's alphabet; a longer one goes as several.
_SMS = 140
# GSM 03.38: what is not in the alphabet, and what counts twice.
_NO_GSM = str.maketrans("`", "'")
_TWICE = frozenset("[]{}\\^~|")
_PROGRAMS = ("http", "https", "sqs", "lambda", "firehose")
_PLAIN = str.maketrans(
    {"…": "...", "·": "-", "\u2013": "-", "\u2014": "-", "\u2019": "'", "\u201c": '"', "\u201d": '"'}
)
_MENDS = {
    "NotFound": "the topic is gone; deploy the hub again",
    "AuthorizationError": "the hub may not publish there; deploy it again",
    "KMSDisabled": "the hub's key is disabled; enable it",
    "KMSAccessDenied": "the hub may not use the topic's key; deploy it again",
}


class SnsChannel:
    """Publishes text, short text for phones, and JSON for programs."""

    def __init__(self, sns: "SNSClient", settings: Sns) -> None:
        """Take an SNS client."""
        self._sns = sns
        self._settings = settings

    def send(self, notification: Notification, _to: str = "") -> None:
        """Publish one message for all protocols."""
        try:
            self._sns.publish(
                TopicArn=self._settings.topic_arn,
                Subject=ascii_line(notification.subject, _SUBJECT),
                Message=sns_message(notification),
                MessageStructure="json",
                MessageAttributes=_attributes(notification),
            )
        except ClientError as error:
            said = error.response["Error"]
            mend = _MENDS.get(said["Code"], "see the topic in the SNS console")
            raise ChannelError(f"SNS: {said['Code']}: {said.get('Message', '')}; {mend}") from error


def sns_message(one: Notification) -> str:
    """Return the message by protocol, within SNS's limit."""
    text = as_text(one).encode()[:_TEXT_BYTES].decode(errors="ignore")
    people = {"default": text, "email": text, "sms": sms(one.subject)}
    room = (_BYTES - _size(people) - 1_000) // len(_PROGRAMS)
    # JSON within JSON: each quotation mark takes a byte more.
    for share in (room, room // 2, room // 4):
        if program := encoded(one, share).decode():
            whole = people | dict.fromkeys(_PROGRAMS, program)
            if _size(whole) <= _BYTES - 1_000:
                return msgspec.json.encode(whole).decode()
    return msgspec.json.encode(people).decode()


def sms(text: str) -> str:
    """Return a text that is one message on a phone."""
    line = ascii_line(text, _SMS).translate(_NO_GSM)
    while len(line) + sum(one in _TWICE for one in line) > _SMS:
        line = f"{line.removesuffix('...')[:-1]}..."
    return line


def ascii_line(text: str, longest: int) -> str:
    """Return a text in ASCII in one line; letters lose their accents, other scripts become question marks."""
    bare = unicodedata.normalize("NFKD", one_line(text, 4 * longest).translate(_PLAIN))
    kept = "".join(one for one in bare if not unicodedata.combining(one))
    line = kept.encode("ascii", "replace").decode()
    return line if len(line) <= longest else f"{line[: longest - 3].rstrip()}..."


def _size(messages: dict[str, str]) -> int:
    return len(msgspec.json.encode(messages))


def _attributes(one: Notification) -> Any:
    # Whoever hears just alarms there, which have none, hears of what nobody acknowledged too.
    kind = {} if one.is_escalation else {"muster_kind": one.kind.value}
    values = {**kind, **({"severity": one.severity.value} if one.severity else {})}
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}
