from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

Show = Callable[..., AppTest]
Markup = Callable[[AppTest], str]


def test_a_finding_shows_what_an_on_call_person_needs(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show("findings", finding="one"))
    for fact in ("User one created", "payments-prod", "Root/<wbr>Workloads/<wbr>Production", "team-a", "alice-session"):
        assert fact in page
    assert "203.0.113.7" in page
    assert "https://console.aws.amazon.com/go/view?arn=arn%3Aaws%3Aiam" in page


def test_a_finding_says_what_its_detection_means_and_how_to_respond(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show("findings", finding="two"))
    assert "How to respond" in page
    assert "https://attack.mitre.org/techniques/T1078/004/" in page


def test_the_resource_can_be_copied(tables: Any, show: Show) -> None:
    assert "arn:aws:iam::111122223333:user/one" in [block.value for block in show("findings", finding="one").code]


def test_a_closed_finding_says_so(tables: Any, show: Show, markup: Markup) -> None:
    assert "Resolved" in markup(show("findings", finding="closed"))


def test_a_finding_says_what_a_look_up_saw(tables: Any, show: Show, markup: Markup) -> None:
    assert "Confidence" not in markup(show("findings", finding="one"))
    page = markup(show("findings", finding="refuted")).replace("<wbr>", "")
    assert "Archived" in page
    assert "Refuted: Block Public Access of the account holds" in page


def test_an_unknown_finding_says_when_findings_are_deleted(tables: Any, show: Show, markup: Markup) -> None:
    app = show("findings", finding="no-such")
    assert not app.exception
    assert "deleted 104 days after" in markup(app)
