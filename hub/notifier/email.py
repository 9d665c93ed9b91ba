"""A notification as an email: text and HTML, with the headers by which mail clients file, thread and sort it."""

from collections.abc import Sequence
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime

from contract.finding import Severity
from hub.channels.settings import Mailing
from hub.notifier.notification import Notification
from hub.notifier.rendering import as_html, as_text
from hub.notifier.texts import one_line

_NAME = "Muster"
_LONGEST_SUBJECT = 150
# Values that stand on one line, however long: Python folds them into encoded words (RFC 2047), which RFC 5322, 3.6.4,
# and RFC 2919, 2, do not know, so that no client would find the thread or the list.
_UNFOLDED = frozenset({"message-id", "in-reply-to", "references", "list-id"})


class _Wire(EmailPolicy):
    """Lines end as in SMTP, and hold ASCII only: not every server takes more (RFC 6152)."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a header as it is sent."""
        if name.lower() in _UNFOLDED:
            return f"{name}: {value}\r\n".encode("ascii")
        if name == "Subject" and not value.isascii():
            # Python 3.11's policy drops the spaces between two encoded words.
            words = Header(value, "utf-8", header_name=name).encode(linesep=self.linesep)
            return f"{name}: {words}\r\n".encode("ascii")
        return super().fold_binary(name, value)


_WIRE = _Wire(linesep="\r\n", cte_type="7bit")


def mime(one: Notification, settings: Mailing, to: Sequence[str], now: datetime) -> bytes:
    """Return the message as servers take it (RFC 5322).

    Its Message-ID stays the same when it is sent again. SES replaces it by one of its own ("Amazon SES header
    fields", as it does Date), so what belongs together refers to a root that nobody sent: clients thread by that too
    (RFC 5256, REFERENCES).
    """
    domain = settings.sender.rpartition("@")[2]
    message = EmailMessage(policy=_WIRE)
    message["From"] = Address(_NAME, addr_spec=settings.sender)
    message["To"] = [Address(addr_spec=address) for address in to]
    if settings.reply_to:
        message["Reply-To"] = Address(addr_spec=settings.reply_to)
    message["Subject"] = one_line(one.subject, _LONGEST_SUBJECT)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{one.id}@{domain}>"
    if one.thread:
        message["In-Reply-To"] = message["References"] = f"<{one.thread}@{domain}>"
    message["List-Id"] = f"{_NAME} {settings.name} <{settings.name}.muster.{domain}>"
    # RFC 3834 and Exchange: no machine answers it.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["X-Muster-Notification"] = one.id
    if one.severity is Severity.CRITICAL:
        message["X-Priority"] = "1"
        message["Importance"] = "high"
    message.set_content(as_text(one))
    message.add_alternative(as_html(one), subtype="html")
    _add_pictures(message, one)
    return message.as_bytes()


def _add_pictures(message: EmailMessage, one: Notification) -> None:
    html = message.get_payload()[1]  # type: ignore[index] # two parts, made above
    for picture in one.pictures:
        html.add_related(  # type: ignore[union-attr]
            picture.png, "image", "png", cid=f"<{picture.name}>", filename=f"{picture.name}.png", disposition="inline"
        )
