from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from contract.clock import now
from contract.finding import Finding, Severity, Workflow
from dashboard.deeds import Deed
from dashboard.views import bulk as bulk_view
from hub.store.accounts import Account, AccountStore
from hub.store.decisions import Decision
from hub.store.findings import FindingStore, LostRaceError
from tests.dashboard.conftest import made

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


def test_an_owner_and_a_time_are_filters_too(tables: Any, show: Show, markup: Markup) -> None:
    assert "4 findings" in markup(show("findings", owner="team-a"))
    assert "Nothing matches these filters" in markup(show("findings", owner="team-b"))
    assert "3 findings" in markup(show("findings", days="1")) or now().hour == 0


def test_the_filters_of_every_page_go_along_to_each_other_page(tables: Any, show: Show, markup: Markup) -> None:
    app = show("accounts", ou="Root/Sandbox", text="not of every page")
    links = {one.proto.query_string for one in app.sidebar.get("page_link")}
    assert links == {"ou=Root%2FSandbox"}


def test_a_finding_leads_back_to_its_list(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show("findings", account="111122223333", severity="LOW"))
    assert 'href="findings?severity=LOW&amp;account=111122223333&amp;finding=one"' in page
    assert 'href="findings?severity=LOW"' in markup(show("findings", severity="LOW", finding="one"))


def test_oldest_first_is_an_order(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show("findings", order="oldest"))
    assert page.index("User four created") < page.index("User one created")
    assert "3 days</time>" in page
    assert '<a href="findings">First seen' in page
    assert '<a href="findings?order=worst">Severity' in page


def test_a_group_opens_in_its_place(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show("findings", group="detection"))
    assert 'href="findings?group=detection&amp;open=iam.user_created"' in page
    assert "m-members" not in page
    opened = markup(show("findings", group="detection", open="iam.user_created"))
    assert 'colspan="7"' in opened
    assert "User four created" in opened.partition("m-members")[2]


def test_owners_are_groups_and_accounts_without_one_too(tables: Any, show: Show, markup: Markup) -> None:
    AccountStore(tables, "muster-state").write([Account(id="444455556666", name="sandbox-alice")])
    page = markup(show("findings", group="owner"))
    assert "4 findings in 2 groups" in page
    assert 'href="findings?account=444455556666">No owner' in page


def test_what_else_is_open_on_a_resource_is_named(tables: Any, show: Show, markup: Markup) -> None:
    same = made("five", resource=made("one").resource, title="Its policy was changed")
    FindingStore(tables, "muster-findings").upsert([same])
    page = markup(show("findings", finding="one"))
    assert "1 other open on it" in page
    assert "Its policy was changed" in page
    assert "Nothing else is open on it" in markup(show("findings", finding="two"))


def test_many_findings_are_resolved_at_once(tables: Any, show: Show, markup: Markup) -> None:
    app = bulk(show("findings", severity="LOW"), "All that are shown", Deed.RESOLVE)
    assert "Resolve: 2 findings done" in app.success[0].value
    assert "User one created" not in markup(show("findings"))
    assert "3 findings" in markup(show("findings", status="resolved"))


def test_only_what_is_marked_is_touched(tables: Any, show: Show) -> None:
    app = show("findings", severity="LOW")
    app.toggle(key="bulk").set_value(True).run()
    next(one for one in app.checkbox if "one created" in one.label).check().run()
    app = bulk(app, "Those that are marked", Deed.ACKNOWLEDGE)
    store = FindingStore(tables, "muster-findings")
    assert {one.id: one.workflow for one in store.read(["one", "three"]).values()} == {
        "one": Workflow.NOTIFIED,
        "three": Workflow.NEW,
    }


def test_nothing_marked_is_nothing_done(tables: Any, show: Show) -> None:
    assert "Mark at least one" in bulk(show("findings"), "Those that are marked", Deed.RESOLVE).error[0].value


def test_all_that_match_are_more_than_what_is_shown(tables: Any, show: Show) -> None:
    many = [made(f"m{place}", severity=Severity.MEDIUM) for place in range(60)]
    FindingStore(tables, "muster-findings").upsert(many)
    app = bulk(show("findings", severity="MEDIUM"), f"All that match, {bulk_view.MOST:,} at most", Deed.ASSIGN)
    assert "Assign: 60 findings done" in app.success[0].value


def test_each_failure_of_many_is_named_and_stops_no_other(
    tables: Any, show: Show, markup: Markup, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = FindingStore.decide

    def failing(self: FindingStore, finding_id: str, decision: Decision) -> Finding:
        if finding_id == "three":
            raise LostRaceError(finding_id)
        return decide(self, finding_id, decision)

    monkeypatch.setattr(FindingStore, "decide", failing)
    page = markup(bulk(show("findings", severity="LOW"), "All that are shown", Deed.RESOLVE))
    assert "Resolve: 1 finding done, 1 not" in page
    assert "finding three kept changing" in page


def bulk(app: AppTest, which: str, deed: Deed) -> AppTest:
    """Do something about several findings of a list."""
    app.toggle(key="bulk").set_value(True).run()
    app.radio(key="bulk which").set_value(which).run()
    app.segmented_control(key="bulk deed").set_value(deed).run()
    next(one for one in app.text_input if one.label == "Who").set_value("carol")
    return next(one for one in app.button if one.label.startswith(deed.label)).click().run()
