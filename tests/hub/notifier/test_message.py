"""An alert says everything that its reader needs, and nothing that an attacker wants to say."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from contract.catalogue import DetectionText
from contract.finding import LOOK_UP, Confidence, Finding, Mode, Severity
from hub.notifier.links import links_of
from hub.notifier.message import _COLOURS, Message, compose
from hub.notifier.notice import Notice, Transition
from hub.store.accounts import Account

Make = Callable[..., Finding]
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
HOSTILE = "<script>alert(\"1\")</script> & 'x'\r\nBcc: eve@example.com\u202e\x00 $id"


def message(finding: Finding, transition: Transition = Transition.OPENED, account: Account | None = SHOP) -> Message:
    return compose(Notice(finding, transition), account, WORDS, DASHBOARD)


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


def test_the_subject_says_how_bad_what_and_where(finding: Make) -> None:
    assert message(finding()).subject == "[HIGH] Access key created for alice · shop-production"


def test_a_title_calls_the_account_by_its_name(finding: Make) -> None:
    alert = message(
        finding(title="Root user signed in to account 111122223333", resource="arn:aws:iam::111122223333:root")
    )
    assert alert.subject.startswith("[HIGH] Root user signed in to account shop-production")
    assert "arn:aws:iam::111122223333:root" in alert.text


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
        "2026-11-20 09:00:00 UTC",
        "2026-11-19 08:00:00 UTC",
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
    alert = message(full(finding, first_seen="2026-11-19T08:00:00.000000Z"))
    assert said in alert.text
    assert said in alert.html


def test_an_account_and_a_detection_that_nobody_knows_cost_only_their_lines(finding: Make) -> None:
    alert = compose(Notice(finding(), Transition.WORSENED), None, None, "")
    assert alert.subject.endswith("· 111122223333")
    assert "More severe than before" in alert.text
    assert "How to respond" not in alert.text


def test_a_refused_call_says_what_refused_it(finding: Make) -> None:
    assert "AccessDenied" in message(finding(is_attempt=True, details={"error": "AccessDenied"})).text


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
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert not tags.open
    return tags


EXPECTED = {"html", "head", "meta", "title", "body", "div", "table", "tr", "td", "span", "h1", "h2", "p", "a"}


def test_no_value_of_a_finding_becomes_markup(finding: Make) -> None:
    texts = ["title", "actor", "actor_kind", "actor_role", "actor_arn", "api_call", "event_id", "source_ip"]
    texts += ["user_agent", "region", "resource", "id", "detection", "account"]
    hostile = finding(
        **{name: HOSTILE for name in texts if name != "id"}, identifier=HOSTILE, resources=(HOSTILE, "x" + HOSTILE)
    )
    account = Account(id="1", name=HOSTILE, ou_path=HOSTILE, owner=HOSTILE)
    alert = message(hostile, account=account)
    tags = parsed(alert.html)
    assert tags.names == EXPECTED
    assert all(address.startswith("https://") for address in tags.addresses)
    assert "&lt;script&gt;" in alert.html


def test_no_value_can_add_a_header_or_a_line(finding: Make) -> None:
    alert = message(finding(title=HOSTILE, actor=HOSTILE), account=Account(id="1", name=HOSTILE))
    assert re.fullmatch(r"[^\r\n]*", alert.subject)
    assert "\u202e" not in alert.subject + alert.text + alert.html
    assert not [line for line in alert.text.splitlines() if line.startswith("Bcc")]


def test_nothing_is_loaded_from_outside(finding: Make) -> None:
    html = message(full(finding)).html
    assert not re.search(r"<(img|link|script|style|iframe)|url\(|@import", html)


def test_a_long_title_does_not_push_the_account_out_of_the_subject(finding: Make) -> None:
    subject = message(finding(title="t" * 1000)).subject
    assert len(subject) < 200
    assert subject.endswith("· shop-production")


def test_an_alert_says_whether_the_account_was_looked_into(finding: Make) -> None:
    event_alone = message(finding())
    assert "Confidence" not in event_alone.text + event_alone.html
    unread = message(finding(confidence=Confidence.UNCONFIRMED))
    assert "Confidence:   Unconfirmed: nobody has looked into the account yet" in unread.text
    seen = message(finding(confidence=Confidence.CONFIRMED, details={LOOK_UP: "attached to <eni-1>"}))
    assert "Confidence:   Confirmed: attached to <eni-1>" in seen.text
    assert "Confirmed: attached to &lt;eni-1&gt;" in seen.html


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("severity", Severity)
def test_every_severity_has_a_colour_that_can_be_read(severity: Severity) -> None:
    light, dark = sorted((luminance(colour) for colour in _COLOURS[severity]), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
    ],
)
def test_the_console_link_knows_its_partition(finding: Make, region: str, host: str) -> None:
    assert links_of(finding(region=region, event_id="e"), "")["Open in the AWS console"].startswith(f"https://{host}/")


def test_links_lead_to_what_there_is(finding: Make) -> None:
    assert links_of(finding(resource="", region=""), "javascript:alert(1)") == {}
    assert "go/view?arn=arn%3Aaws" in links_of(finding(), "")["Open in the AWS console"]
    assert links_of(finding(), DASHBOARD)["Suppress"] == (
        "https://muster.example.com/findings?finding=f1&action=suppress"
    )
