from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from streamlit.testing.v1 import AppTest

from contract.clock import now
from contract.finding import Severity
from contract.names import control_rollup_key, rollup_key
from dashboard import data
from dashboard.creations import Bounds
from dashboard.views import overview
from hub.store.accounts import Account, AccountStore
from hub.store.rollups import ACCEPTED, NOW, RollupStore, open_counter
from hub.store.tagging import TaggingStore

Show = Callable[..., AppTest]
Markup = Callable[[AppTest], str]


def test_the_overview_counts_open_findings_by_severity(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show())
    assert "4 open findings" in page
    assert 'class="m-tile m-critical" href="findings?severity=CRITICAL"><small>Critical</small><strong>1<' in page
    assert 'class="m-tile m-zero" href="findings?severity=MEDIUM"' in page


def test_the_overview_counts_what_is_accepted_beside_what_is_open(tables: Any, show: Show, markup: Markup) -> None:
    accepted = {
        open_counter(Severity.MEDIUM, ACCEPTED): 2,
        (rollup_key(NOW, "999999999999", "MEDIUM"), ACCEPTED): 2,
        (control_rollup_key(NOW, "s3.accepted"), ACCEPTED): 2,
    }
    RollupStore(tables, "muster-state").count(accepted, "another-shard", "", "1", now())
    page = markup(show())
    assert "open, 2 accepted" in page
    assert "4 open findings" in page
    assert "account=999999999999" not in page
    assert "s3.accepted" not in page


def test_the_overview_names_accounts_and_leads_to_their_findings(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show())
    assert '<a href="accounts?account=111122223333">payments-prod</a>' in page
    assert "Root/Workloads/Production" in page


def test_the_overview_names_the_silent_spokes_and_the_accounts_never_heard_of(
    tables: Any, show: Show, markup: Markup
) -> None:
    page = markup(show())
    silent = page.partition("Silent (1)")[2]
    assert "sandbox-alice" in silent.partition("Never reported (1)")[0]
    assert "never-heard-of" in silent.partition("Never reported (1)")[2]
    assert "1</span> of 2 spokes report" in page


def test_the_overview_says_why_the_management_account_has_no_spoke(tables: Any, show: Show, markup: Markup) -> None:
    top = Account(id="999999999999", name="management", is_management=True)
    AccountStore(tables, "muster-state").write([top])
    page = markup(show())
    assert "management has no spoke (StackSets never reach the management account)" in page
    assert "management ·" not in page


def test_the_overview_lists_only_critical_and_high_findings(tables: Any, show: Show, markup: Markup) -> None:
    newest = markup(show()).partition("Newest critical and high")[2]
    assert "Root user signed in" in newest
    assert "User one created" not in newest


def test_the_overview_says_which_resources_stayed_untagged_and_why(tables: Any, show: Show, markup: Markup) -> None:
    tags = markup(show()).partition("Creator tags")[2]
    assert "locked" in tags
    assert "AccessDenied" in tags


def test_counts_of_tags_are_of_all_results_unless_the_card_says_otherwise(
    tables: Any, show: Show, markup: Markup, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "the latest reports of each" not in markup(show())
    data.forget()
    monkeypatch.setattr(overview, "AT_A_GLANCE", Bounds(2, 100))
    assert "Of 2 of 3 accounts, the latest reports of each." in markup(show())


def test_an_account_with_more_results_than_are_read_says_so(
    tables: Any, show: Show, markup: Markup, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = next(TaggingStore(tables, "muster-state").of("111122223333"))
    for place in range(3):
        TaggingStore(tables, "muster-state").record(msgspec.structs.replace(stored, event_id=f"more-{place}"), now())
    monkeypatch.setattr(overview, "AT_A_GLANCE", Bounds(25, 2))
    assert "Of 3 of 3 accounts, the latest reports of each." in markup(show())


def test_an_empty_hub_says_what_to_do_next(empty_tables: Any, show: Show, markup: Markup) -> None:
    app = show()
    assert not app.exception
    assert "No account reports to this hub yet" in markup(app)
    assert "make demo" in markup(app)


def test_a_hub_without_findings_shows_its_accounts_and_spokes(empty_tables: Any, show: Show, markup: Markup) -> None:
    AccountStore(empty_tables, "muster-state").write([Account(id="111122223333", name="payments-prod")])
    page = markup(show())
    assert "No open findings" in page
    assert "No spoke has reported yet" in page


def test_the_sidebar_says_whose_data_it_is_and_how_old(tables: Any, show: Show) -> None:
    sidebar = "\n".join(element.value for element in show().sidebar.get("html"))
    assert "o-exampleorgid" in sidebar
    assert "Data as of" in sidebar
    assert "UTC" in sidebar


def test_a_missing_table_is_one_message_with_the_mend_and_no_traceback(client: Any, show: Show, markup: Markup) -> None:
    app = show()
    assert not app.exception
    assert "cannot read" in markup(app)
    assert "make deploy" in markup(app)


def test_a_profile_that_does_not_exist_is_explained(client: Any, show: Show, markup: Markup, monkeypatch: Any) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    app = show()
    assert not app.exception
    assert "AWS_PROFILE" in markup(app)
