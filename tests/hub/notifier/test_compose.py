"""A notification says everything that its reader needs."""

from collections.abc import Callable

import pytest

from contract.clock import EPOCH
from contract.finding import LOOK_UP, Confidence, Finding, Severity
from hub.notifier.compose import Reader, Told, alert, summary
from hub.notifier.compose import trial as made_test
from hub.notifier.links import links_of
from hub.notifier.rendering import as_html, as_text
from hub.notifier.texts import one_line
from hub.store.accounts import Account
from hub.store.outgoing import Pending, Transition
from tests.hub.notifier.conftest import DASHBOARD, NOW, READER, SETTINGS, SHOP, WORDS, made, sent

Make = Callable[..., Finding]


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


def test_a_long_name_pushes_no_other_out_of_the_place(finding: Make) -> None:
    long = Account(id="111122223333", name="n" * 1_000, ou_path="o" * 1_000, owner="payments@example.com")
    place = made([finding()], account=long).place
    assert place.endswith("o… · 111122223333 · us-east-1 · owner payments@example.com")
    assert len(place) < 400


def test_half_an_address_is_no_link(finding: Make) -> None:
    labels = [one.label for one in made([finding(event_id="e" * 3_000)]).links]
    assert labels == ["Open in Muster", "Acknowledge", "Suppress"]


def test_what_nobody_named_is_bounded_too(finding: Make) -> None:
    one = made([finding(account="9" * 100_000)], account=None)
    assert len(one.subject) <= 150
    assert "\n" not in made([finding(account="1\n2")], account=None).subject


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
    worst = [Told(finding("w", severity=Severity.CRITICAL), Transition.REOPENED)]
    one = summary(pending, worst, {"000000000000": "shop"}, READER, identifier="i")
    assert one.subject == "[CRITICAL] 1,200 more findings in 3 accounts"
    assert (len(one.rows), one.more, one.count) == (1, 1_199, 1_200)
    assert one.reasons == ("Open again after it was closed",)
    by_name = {table.heading: table.rows for table in one.tables}
    assert by_name["By severity"] == (("CRITICAL", "1"), ("HIGH", "1,199"))
    assert by_name["By account"][0] == ("shop", "400")
    for text in (as_text(one), as_html(one)):
        assert "1,199" in text
        assert "s3.bucket_public" in text


def test_one_finding_too_many_is_one() -> None:
    pending = [Pending(key="1", at="2026-11-20T09:00:00.000000Z", account="1", severity=Severity.LOW)]
    assert summary(pending, [], {}, READER, identifier="i").subject == "[LOW] 1 more finding in 1 account"


def test_a_line_says_no_moment_that_is_not_known(finding: Make) -> None:
    one = made([finding(), finding("f2", first_seen=EPOCH), finding("f3")])
    assert [row.when for row in one.rows] == ["", "2026-11-20 09:00 UTC"]


def test_a_test_says_that_it_is_one() -> None:
    one = made_test(SETTINGS, NOW)
    assert one.subject == "[TEST] This is a test of channel email"
    assert "nothing is to be done" in as_text(one)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb\tc", "a b c"),
        ("pay\u202eload\u2066x", "payloadx"),
        ("\x00\x1b[31mred", "[31mred"),
        ("नमस्ते 👩\u200d💻", "नमस्ते 👩\u200d💻"),
        ("  spaced   out ", "spaced out"),
        ("soft\u00adhyphen \u200bzero\ufeff \u2061apply", "softhyphen zero apply"),
        ("tag\U000e0041\U000e007f", "tag"),
        ("line\u2028paragraph\u2029next\x85end", "line paragraph next end"),
        ("half \ud800 a pair", "half a pair"),
    ],
)
def test_a_text_is_one_line_and_shows_what_it_is(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_a_text_is_cut_where_it_is_too_long() -> None:
    assert one_line("x" * 100_000, 10) == "xxxxxxxxx…"


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
