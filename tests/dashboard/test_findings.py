from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

Show = Callable[..., AppTest]
Markup = Callable[[AppTest], str]


def test_without_filters_every_open_finding_is_listed_newest_first(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show("findings"))
    assert "4 findings" in page
    assert page.index("User one created") < page.index("User four created")
    assert "A mended one" not in page


def test_filters_come_from_the_address(tables: Any, show: Show, markup: Markup) -> None:
    app = show("findings", severity=["CRITICAL", "HIGH"], account="111122223333")
    assert "1 finding<" in markup(app)
    assert "Root user signed in" in markup(app)
    assert app.multiselect(key="filter_severity").value == ["HIGH", "CRITICAL"]
    assert app.multiselect(key="filter_account").value == ["111122223333"]


def test_an_ou_stands_for_the_accounts_in_it_and_below(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show("findings", ou="Root/Workloads"))
    assert "2 findings" in page
    assert "sandbox-alice" not in page


def test_an_ou_without_accounts_lists_nothing_rather_than_everything(tables: Any, show: Show, markup: Markup) -> None:
    assert "Nothing matches these filters" in markup(show("findings", ou="Root/No such OU"))


def test_a_widget_writes_the_address(tables: Any, show: Show, markup: Markup) -> None:
    app = show("findings")
    app.multiselect(key="filter_region").set_value(["eu-west-1"]).run()
    assert app.query_params["region"] == "eu-west-1"
    assert "us-east-1" not in markup(app)


def test_text_is_looked_for_in_title_resource_and_actor(tables: Any, show: Show, markup: Markup) -> None:
    assert "1 finding<" in markup(show("findings", text="USER/FOUR"))
    assert "4 findings" in markup(show("findings", text="alice"))


def test_worst_first_is_an_order(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show("findings", order="worst"))
    assert page.index("Root user signed in") < page.index("User four created") < page.index("User one created")


def test_closed_findings_are_listed_on_demand(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show("findings", status="resolved"))
    assert "A mended one" in page
    assert "1 finding<" in page
    assert "Nothing matches" in markup(show("findings", status="suppressed"))


def test_groups_count_findings_accounts_and_lead_to_their_members(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show("findings", group="account", severity="LOW"))
    assert "2 findings in 2 groups" in page
    assert 'href="findings?severity=LOW&amp;account=444455556666"' in page


def test_a_finding_of_a_resource_leads_to_the_others_on_it(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show("findings", resource="arn:aws:iam::111122223333:user/one"))
    assert "1 finding<" in page


def test_text_from_outside_is_never_markup(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show("findings"))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_nonsense_in_the_address_is_left_out(tables: Any, show: Show, markup: Markup) -> None:
    app = show("findings", severity="TERRIBLE", status="lost", shown="many", group="moon")
    assert not app.exception
    assert "4 findings" in markup(app)


@pytest.mark.parametrize("name", ["account", "detection", "resource", "shown", "finding"])
def test_an_endless_parameter_does_not_break_the_page(tables: Any, show: Show, markup: Markup, name: str) -> None:
    app = show("findings", **{name: "9" * 5000})
    assert not app.exception
    assert "cannot read" not in markup(app)


def test_an_account_that_nobody_knows_stays_a_filter(tables: Any, show: Show, markup: Markup) -> None:
    app = show("findings", account="999999999999")
    assert app.multiselect(key="filter_account").value == ["999999999999"]
    assert "Clear all filters" in markup(app)


def test_an_empty_hub_says_how_to_get_findings(empty_tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show("findings"))
    assert "No findings yet" in page
    assert "make demo" in page
