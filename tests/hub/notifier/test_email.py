"""A mail server and a mail client read exactly what we meant, whatever a finding says."""

import re
from collections.abc import Callable
from email.errors import MessageError

import msgspec
import pytest

from contract.finding import Finding, Severity
from hub.channels.settings import Email
from hub.notifier.email import mime
from hub.notifier.notification import Kind, Notification, Picture
from tests.hostile import hostile_of_each
from tests.hub.notifier.conftest import NOW, SETTINGS, made, sent
from tests.notifications import one_of_each

Make = Callable[..., Finding]
HOSTILE = hostile_of_each()
ALL = {**one_of_each(), **{f"hostile {name}": one for name, one in HOSTILE.items()}}
HEADERS = {
    *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Id", "Auto-Submitted", "MIME-Version"),
    *("X-Auto-Response-Suppress", "X-Muster-Notification", "Content-Type"),
}
OPTIONAL = {"In-Reply-To", "References", "X-Priority", "Importance"}
DEEP = Email(
    name="everybody-in-the-security-team-of-the-whole-organization",
    sender="notifications@security-notifications.production.eu-central-1.example.com",
    recipients=("a@example.com",),
)


def test_headers_file_thread_and_silence_machines(finding: Make) -> None:
    message = sent(made([finding()]), "x@example.com", "y@example.com")
    assert message["From"] == "Muster <muster@example.com>"
    assert message["To"] == "x@example.com, y@example.com"
    assert message["Reply-To"] == "soc@example.com"
    assert message["Message-ID"] == "<20261120T090000-abc@example.com>"
    assert message["References"] == message["In-Reply-To"] == "<thread@example.com>"
    assert message["List-Id"] == "Muster email <email.muster.example.com>"
    assert (message["Auto-Submitted"], message["X-Priority"]) == ("auto-generated", None)
    assert sent(made([finding(severity=Severity.CRITICAL)]))["X-Priority"] == "1"


def test_a_thread_and_a_list_are_found_however_long_their_names_are(finding: Make) -> None:
    raw = mime(made([finding()]), DEEP, ["a@example.com"], NOW)
    head, _, _ = raw.partition(b"\r\n\r\n")
    domain = DEEP.sender.partition("@")[2].encode()
    lines = head.split(b"\r\n")
    assert b"References: <thread@" + domain + b">" in lines
    assert b"In-Reply-To: <thread@" + domain + b">" in lines
    assert b"Message-ID: <20261120T090000-abc@" + domain + b">" in lines
    (named,) = [line for line in lines if line.startswith(b"List-Id: ")]
    assert named.endswith(b" <" + DEEP.name.encode() + b".muster." + domain + b">")


def test_a_message_without_a_thread_answers_nothing() -> None:
    message = sent(one_of_each()["digest"])
    assert (message["In-Reply-To"], message["References"], message["X-Priority"]) == (None, None, None)


@pytest.mark.parametrize("kind", ALL)
def test_every_server_takes_every_message(kind: str) -> None:
    raw = mime(ALL[kind], SETTINGS, SETTINGS.recipients, NOW)
    assert raw.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    # RFC 5322, 2.1.1.
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("kind", ALL)
def test_no_value_can_add_a_header_or_a_part(kind: str) -> None:
    message = sent(ALL[kind])
    assert not message.defects
    assert HEADERS <= set(message.keys()) <= HEADERS | OPTIONAL
    assert len(message.keys()) == len(set(message.keys()))
    assert message["To"] == "a@example.com"
    assert 0 < len(message["Subject"]) <= 150
    assert message["Subject"].isprintable()
    parts = [part.get_content_type() for part in message.walk()]
    html = ["multipart/related", "text/html", "image/png"] if ALL[kind].pictures else ["text/html"]
    assert parts == ["multipart/alternative", "text/plain", *html]


@pytest.mark.parametrize("kind", ALL)
def test_both_parts_arrive_as_they_were_written(kind: str) -> None:
    message = sent(ALL[kind])
    for preferred in ("plain", "html"):
        body = message.get_body((preferred,))
        assert body is not None
        assert ALL[kind].title in body.get_content().replace("\n", " ") or "hostile" in kind
        assert body.get_content_charset() == "utf-8"


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_message_stays_small_however_long_its_values_are(kind: str) -> None:
    # Gmail shows the first 102 KB of the HTML.
    assert len(mime(HOSTILE[kind], SETTINGS, SETTINGS.recipients, NOW)) < 100_000


@pytest.mark.parametrize(
    "address", ["a@example.com\r\nBcc: eve@example.com", "a@example.com, eve@example.com", "Eve <eve@example.com>"]
)
def test_a_recipient_is_one_address_or_nothing_is_sent(finding: Make, address: str) -> None:
    with pytest.raises((ValueError, MessageError)):
        mime(made([finding()]), SETTINGS, [address], NOW)


@pytest.mark.parametrize("field", ["id", "thread"])
def test_an_id_with_a_line_end_is_refused(finding: Make, field: str) -> None:
    one = msgspec.structs.replace(made([finding()]), **{field: "x\r\nBcc: eve@example.com"})
    with pytest.raises(ValueError, match="linefeed"):
        mime(one, SETTINGS, SETTINGS.recipients, NOW)


def test_a_subject_in_any_script_arrives(finding: Make) -> None:
    one = made([finding(title="Schlüssel für Zoë 鍵 🔑 " * 4)])
    assert sent(one)["Subject"] == one.subject


def test_pictures_travel_in_the_message() -> None:
    one = Notification(
        id="i",
        kind=Kind.DIGEST,
        subject="s",
        title="t",
        pictures=(Picture("chart", "3 new", b"PNG"),),
    )
    message = sent(one)
    (image,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert (image["Content-ID"], image.get_content_disposition(), image.get_content()) == ("<chart>", "inline", b"PNG")
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert 'src="cid:chart"' in html.get_content()
    assert "3 new" in text.get_content()
