"""A notification says everything that its reader needs, and nothing that an attacker wants to say."""

import email
import email.policy
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest

from contract.catalogue import DetectionText
from contract.finding import LOOK_UP, Confidence, Finding, Mode, Severity
from hub.channels.settings import Email
from hub.notifier.compose import Reader, Told, alert, summary
from hub.notifier.compose import test_notification as made_test
from hub.notifier.email import mime
from hub.notifier.links import links_of
from hub.notifier.notification import Notification, Picture
from hub.notifier.rendering import COLOURS, as_html, as_text
from hub.notifier.texts import one_line
from hub.store.accounts import Account
from hub.store.outgoing import Pending, Transition

Make = Callable[..., Finding]
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SHOP = Account(id="111122223333", name="shop-production", ou_path="Root/Workloads/Shop", owner="Team Shop")
WORDS = DetectionText(
    id="iam.access_key_created",
    title="Access key created",
    severity=Severity.HIGH,
    mode=Mode.LIVE,
    family="f",
    what="A long-lived secret was made.",
    false_positives="a rotation by its owner.",
    response="delete the key.",
    attack="T1098.001",
)
DASHBOARD = "https://muster.example.com/"
SETTINGS = Email(name="email", sender="muster@example.com", recipients=("a@example.com",), reply_to="soc@example.com")
HOSTILE = (
    "<script>alert(\"1\")</script> & 'x'\r\nBcc: eve@example.com\u202e\x00 {{ 7*7 }} {% raw %} ${7*7} $id "
    "<!channel> <@U123> [x](javascript:alert(1)) @everyone" + "x" * 100_000
)
READER = Reader(lambda one: links_of(one, DASHBOARD), "Europe/Berlin", DASHBOARD)


def made(
    findings: Sequence[Finding],
    transition: Transition = Transition.OPENED,
    account: Account | None = SHOP,
    words: DetectionText | None = WORDS,
    reader: Reader = READER,
) -> Notification:
    told = [Told(one, transition) for one in findings]
    return alert(told, account, words, reader, identifier="20261120T090000-abc", thread="thread")


def sent(one: Notification, *to: str) -> EmailMessage:
    raw = mime(one, SETTINGS, to or SETTINGS.recipients, NOW)
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def full(finding: Make, **changes: Any) -> Finding:
    usual = {
        "actor": "bob",
        "actor_kind": "sso",
        "actor_role": "Admins",
        "actor_arn": "arn:aws:sts::111122223333:assumed-role/Admins/bob",
        "api_call": "iam.amazonaws.com:CreateAccessKey",
        "event_id": "e-1",
        "source_ip": "203.0.113.77",
        "user_agent": "aws-cli/2",
        "also": ("iam.other",),
        "resources": ("arn:aws:iam::111122223333:user/alice", "arn:second"),
    }
    return finding(**{**usual, **changes})


@pytest.mark.parametrize(
    ("count", "subject"),
    [
        (1, "[HIGH] shop-production: Access key created for alice"),
        (3, "[HIGH] shop-production: Access key created for alice (2 more)"),
    ],
)
def test_the_subject_says_how_bad_where_what_and_how_many_more(finding: Make, count: int, subject: str) -> None:
    one = made([finding(str(number)) for number in range(count)])
    assert one.subject == sent(one)["Subject"] == subject


def test_a_title_calls_the_account_by_its_name_and_the_subject_says_it_once(finding: Make) -> None:
    one = made([finding(title="Root user signed in to the console of account 111122223333")])
    assert one.title == "Root user signed in to the console of account shop-production"
    assert one.subject == "[HIGH] shop-production: Root user signed in to the console"


def test_a_long_title_pushes_nothing_out_of_the_subject(finding: Make) -> None:
    subject = made([finding(title="t" * 1_000), finding("f2")]).subject
    assert len(subject) <= 150
    assert subject.startswith("[HIGH] shop-production: ttt")
    assert subject.endswith("… (1 more)")


@pytest.mark.parametrize(
    "said",
    [
        "Access key created for alice",
        "shop-production",
        "Root/Workloads/Shop",
        "Team Shop",
        "111122223333",
        "us-east-1",
        "arn:aws:iam::111122223333:user/alice",
        "arn:second",
        "bob (sso)",
        "Admins",
        "iam.amazonaws.com:CreateAccessKey",
        "2026-11-20 09:00:00 UTC (10:00 Europe/Berlin)",
        "2026-11-19 23:30:00 UTC (2026-11-20 00:30 Europe/Berlin)",
        "203.0.113.77",
        "aws-cli/2",
        "iam.access_key_created",
        "iam.other",
        "New finding",
        "A long-lived secret was made.",
        "a rotation by its owner.",
        "delete the key.",
        "T1098.001",
        "https://muster.example.com/findings?finding=f1",
        "https://us-east-1.console.aws.amazon.com/cloudtrailv2/home?region=us-east-1#/events/e-1",
    ],
)
def test_text_and_html_both_say(finding: Make, said: str) -> None:
    one = made([full(finding, first_seen="2026-11-19T23:30:00.000000Z")])
    assert said in as_text(one)
    assert said in as_html(one)


def test_others_of_the_same_kind_have_a_line_each_up_to_ten(finding: Make) -> None:
    one = made([finding(f"f{number}", resource=f"arn:{number}") for number in range(14)])
    assert (len(one.rows), one.more, len(one.findings)) == (10, 3, 14)
    assert "arn:10" in as_text(one)
    assert "and 3 more" in as_text(one)
    assert "and 3 more" in as_html(one)


@pytest.mark.parametrize(
    ("transition", "reason"),
    [
        (Transition.REOPENED, "Open again after it was closed"),
        (Transition.WORSENED, "More severe than before"),
        (Transition.ESCALATED, "Nobody has acknowledged it"),
    ],
)
def test_a_message_says_why_it_comes(finding: Make, transition: Transition, reason: str) -> None:
    assert made([finding()], transition).reason == reason


def test_an_escalation_says_for_how_long_nobody_cared(finding: Make) -> None:
    told = [Told(finding(), Transition.ESCALATED, 30)]
    one = alert(told, SHOP, WORDS, READER, identifier="i", thread="t")
    assert one.reason == "Nobody has acknowledged it for 30 minutes"


def test_an_account_and_a_detection_that_nobody_knows_cost_only_their_lines(finding: Make) -> None:
    one = made([finding()], account=None, words=None, reader=Reader(lambda one: links_of(one, "")))
    assert one.subject == "[HIGH] 111122223333: Access key created for alice"
    assert (one.sections, [link.label for link in one.links]) == ({}, ["Open in the AWS console"])


def test_a_finding_of_security_hub_says_what_it_says_itself(finding: Make) -> None:
    one = made([finding(description="The bucket has no policy.", remediation="Add one.")], words=None)
    assert one.sections == {"Why it matters": "The bucket has no policy.", "How to respond": "Add one."}


def test_a_refused_call_says_what_refused_it(finding: Make) -> None:
    assert "AccessDenied" in as_text(made([finding(is_attempt=True, details={"error": "AccessDenied"})]))


def test_a_message_says_whether_the_account_was_looked_into(finding: Make) -> None:
    assert "Confidence" not in as_text(made([finding()]))
    seen = made([finding(confidence=Confidence.CONFIRMED, details={LOOK_UP: "attached to <eni-1>"})])
    assert "Confirmed: attached to <eni-1>" in as_text(seen)
    assert "Confirmed: attached to &lt;eni-1&gt;" in as_html(seen)


def test_a_storm_is_counted_and_its_worst_are_named(finding: Make) -> None:
    pending = [
        Pending(
            key=str(number),
            at=f"2026-11-20T09:{number % 60:02}:00.000000Z",
            detection="s3.bucket_public",
            account=f"{number % 3:012}",
            severity=Severity.CRITICAL if number == 7 else Severity.HIGH,
        )
        for number in range(1_200)
    ]
    worst = [finding("w", severity=Severity.CRITICAL)]
    one = summary(pending, worst, {"000000000000": "shop"}, READER, identifier="i")
    assert one.subject == "[CRITICAL] 1,200 more findings in 3 accounts"
    assert (len(one.rows), one.more) == (1, 1_199)
    by_name = {table.heading: table.rows for table in one.tables}
    assert by_name["By severity"] == (("CRITICAL", "1"), ("HIGH", "1,199"))
    assert by_name["By account"][0] == ("shop", "400")
    for text in (as_text(one), as_html(one)):
        assert "1,199" in text
        assert "s3.bucket_public" in text


def test_a_test_says_that_it_is_one() -> None:
    one = made_test(SETTINGS, NOW)
    assert one.subject == "[TEST] This is a test of channel email"
    assert "nothing is to be done" in as_text(one)


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


def test_pictures_travel_in_the_message(finding: Make) -> None:
    one = Notification(
        id="i",
        kind=made_test(SETTINGS, NOW).kind,
        subject="s",
        title="t",
        pictures=(Picture("chart", "3 new", b"PNG"),),
    )
    message = sent(one)
    (image,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert (image["Content-ID"], image.get_content_disposition(), image.get_content()) == ("<chart>", "inline", b"PNG")
    assert 'src="cid:chart"' in as_html(one)
    assert "3 new" in as_text(one)


class Tags(HTMLParser):
    """The tags and addresses of a page; what is not closed in order is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.addresses: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in {"meta", "br", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


EXPECTED = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "div",
    "table",
    "tr",
    "td",
    "span",
    "h1",
    "h2",
    "p",
    "a",
    "br",
}


@pytest.fixture
def hostile(finding: Make) -> Notification:
    texts = ["title", "actor", "actor_kind", "actor_role", "actor_arn", "api_call", "event_id", "source_ip"]
    texts += ["user_agent", "region", "resource", "detection", "account", "description", "remediation", "control"]
    # An id is a digest of ours, but nothing here relies on that.
    one = finding(HOSTILE[:200], **dict.fromkeys(texts, HOSTILE), resources=(HOSTILE, "x" + HOSTILE), also=(HOSTILE,))
    account = Account(id="1", name=HOSTILE, ou_path=HOSTILE, owner=HOSTILE)
    return made([one, one], account=account, words=None)


def test_no_value_of_a_finding_becomes_markup(hostile: Notification) -> None:
    html = as_html(hostile)
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert not tags.open
    assert tags.names == EXPECTED
    assert all(address.startswith("https://") for address in tags.addresses)
    assert "&lt;script&gt;" in html
    assert "49" not in re.sub(r"#[0-9a-f]{6}", "", html)


def test_no_value_can_add_a_header_or_a_line(hostile: Notification) -> None:
    message = sent(hostile)
    assert message["Bcc"] is None
    assert not message.defects
    assert len(message["Subject"]) <= 150
    text = as_text(hostile)
    assert "\u202e" not in message["Subject"] + text + as_html(hostile)
    assert not [line for line in text.splitlines() if line.startswith("Bcc")]


def test_a_message_stays_small_however_long_its_values_are(hostile: Notification) -> None:
    assert len(mime(hostile, SETTINGS, SETTINGS.recipients, NOW)) < 60_000


def test_nothing_is_loaded_from_outside(finding: Make) -> None:
    html = as_html(made([full(finding)]))
    assert not re.search(r"<(img|link|script|iframe)|url\(|@import", html)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb\tc", "a b c"),
        ("pay\u202eload\u2066x", "payloadx"),
        ("\x00\x1b[31mred", "[31mred"),
        ("नमस्ते 👩\u200d💻", "नमस्ते 👩\u200d💻"),
        ("  spaced   out ", "spaced out"),
    ],
)
def test_a_text_is_one_line_and_shows_what_it_is(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_a_text_is_cut_where_it_is_too_long() -> None:
    assert one_line("x" * 100_000, 10) == "xxxxxxxxx…"


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


DARK = [
    ("#f0f2f5", "#1e2229"),
    ("#b4bcc8", "#1e2229"),
    ("#b4bcc8", "#191d23"),
    ("#9cc4ff", "#1e2229"),
    ("#14171c", "#9cc4ff"),
]
LIGHT = [("#1a1d21", "#ffffff"), ("#5b626c", "#ffffff"), ("#5b626c", "#f8f9fa"), ("#1f5fbf", "#ffffff")]


@pytest.mark.parametrize("pair", [*COLOURS.values(), *DARK, *LIGHT])
def test_every_pair_of_colours_can_be_read(pair: tuple[str, str], finding: Make) -> None:
    light, dark = sorted((luminance(colour) for colour in pair), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
    html = as_html(made([finding()]))
    assert pair in COLOURS.values() or all(colour in html for colour in pair)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
    ],
)
def test_the_console_link_knows_its_partition(finding: Make, region: str, host: str) -> None:
    (link,) = [one for one in made([finding(region=region, event_id="e")]).links if "console" in one.label]
    assert link.address.startswith(f"https://{host}/")


def test_links_lead_to_the_page_and_to_decisions(finding: Make) -> None:
    links = {one.label: (one.address, one.is_action) for one in links_of(finding(), DASHBOARD)}
    page = "https://muster.example.com/findings?finding=f1"
    assert links == {
        "Open in Muster": (page, False),
        "Acknowledge": (f"{page}&action=acknowledge", True),
        "Suppress": (f"{page}&action=suppress", True),
    }
    acting = links_of(finding(), "", lambda _: {"acknowledge": "https://a", "suppress": "https://s"})
    assert [(one.label, one.address) for one in acting] == [("Acknowledge", "https://a"), ("Suppress", "https://s")]
