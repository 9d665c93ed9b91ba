"""A topic of SNS: each subscriber gets what its protocol can show."""

from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from hub.channels.channel import ChannelError
from hub.channels.document import document
from hub.channels.settings import Sns
from hub.notifier.notification import Notification
from hub.notifier.rendering import as_text
from hub.notifier.texts import one_line

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

# SNS, Publish: 256 KB in all; Subject: ASCII, fewer than 100 characters, no line ends.
_TEXT_BYTES = 20_000
# Each protocol has the document again.
_FINDINGS = 2
_SUBJECT = 99
# One message of GSM's alphabet; longer ones are cut into several.
_SMS = 140


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
                Subject=_ascii(notification.subject, _SUBJECT),
                Message=msgspec.json.encode(_by_protocol(notification)).decode(),
                MessageStructure="json",
                MessageAttributes=_attributes(notification),
            )
        except ClientError as error:
            said = error.response["Error"]
            raise ChannelError(f"SNS: {said['Code']}: {said.get('Message', '')}; is the hub deployed whole?") from error


def _by_protocol(one: Notification) -> dict[str, str]:
    text = as_text(one).encode()[:_TEXT_BYTES].decode(errors="ignore")
    program = msgspec.json.encode(document(one, _FINDINGS)).decode()
    return {
        "default": text,
        "email": text,
        "sms": _ascii(one.subject, _SMS),
        **dict.fromkeys(("http", "https", "sqs", "lambda", "firehose"), program),
    }


def _attributes(one: Notification) -> Any:
    values = {"muster_kind": one.kind.value, **({"severity": one.severity.value} if one.severity else {})}
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}


def _ascii(text: str, longest: int) -> str:
    return one_line(text.replace("…", "...").replace("·", "-").encode("ascii", "replace").decode(), longest).replace(
        "…", "."
    )
