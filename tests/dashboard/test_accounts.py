from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from streamlit.testing.v1 import AppTest

from contract.clock import EPOCH, iso, now
from contract.finding import Severity
from dashboard.account_rows import place_row
from dashboard.oldest import oldest_of
from dashboard.organization import Organization
from dashboard.tree import Place, units
from hub.store.accounts import Account
from hub.store.query import Page
from hub.store.rollups import RollupStore
from tests.dashboard.conftest import PAYMENTS, QUIET, SANDBOX, Show, made

Markup = Callable[[AppTest], str]


def test_units_add_up_what_is_below_them() -> None:
    paths = {PAYMENTS: "Root/Workloads/Production", SANDBOX: "Root/Sandbox", QUIET: "Root/Sandbox"}
    accounts = {one: Account(id=one, name=one, ou_path=path) for one, path in paths.items()}
    organization = Organization(id="o-example", read_at="", accounts=accounts)
    found = units(organization, {PAYMENTS: {Severity.HIGH: 2}, SANDBOX: {Severity.HIGH: 1}}, now())
    assert [(unit.name, unit.depth, unit.accounts, unit.open.get(Severity.HIGH, 0)) for unit in found] == [
        ("Root", 0, 3, 3),
        ("Sandbox", 1, 2, 1),
        ("Workloads", 1, 1, 2),
        ("Production", 2, 1, 2),
    ]
    assert found[0].unwatched == 3


def place(name: str, **changes: Any) -> Place:
    about = {"name": name, "path": "Root", "owner": "", "status": "ACTIVE", "open": {}, "accepted": {}}
    return Place(id=name, **{**about, **changes})


def test_what_a_page_of_the_oldest_does_not_reach_is_younger_than_its_last() -> None:
    first, second = made("a", first_seen="2026-01-01T"), made("b", first_seen="2026-02-01T")
    assert oldest_of(Page((first, second), "more")).seen_until == "2026-02-01T"
    assert oldest_of(Page((), "more")).seen_until == EPOCH
    whole = oldest_of(Page((first, second), None))
    assert (whole.since, whole.seen_until) == ({PAYMENTS: "2026-01-01T"}, "")
    assert place_row(place("a", oldest="2026-02-01T", oldest_is_later=True))["oldest_critical"] == ""


def test_the_accounts_page_has_the_tree_and_the_heat_map(tables: Any, show: Show, markup: Markup) -> None:
    app = show("accounts")
    assert not app.exception
    page = markup(app)
    assert 'href="accounts?ou=Root%2FSandbox">Sandbox</a>' in page
    assert "1 not watched" in page or "2 not watched" in page
    assert "3 accounts" in page
    assert 'href="findings?severity=CRITICAL&amp;account=111122223333"' in page
    assert 'class="m-heat m-critical"' in page


def test_the_heat_map_holds_only_what_the_filters_ask_for(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show("accounts", ou="Root/Sandbox", severity="HIGH"))
    assert "2 accounts" in page
    assert "payments-prod" not in page
    assert "m-heat m-low" not in page
    assert "No account matches these filters" in markup(show("accounts", owner="nobody"))


def test_a_heads_link_sorts_and_keeps_the_filters(tables: Any, show: Show, markup: Markup) -> None:
    def order(sort: str) -> list[str]:
        page = markup(show("accounts", ou="Root", sort=sort)).partition("caption>3 accounts")[2]
        assert 'href="?ou=Root&amp;sort=accounts~0"' in page or sort == "accounts~0"
        return sorted(("never-heard-of", "sandbox-alice", "payments-prod"), key=page.index)

    assert order("")[0] == "payments-prod"
    assert order("accounts~0") == ["never-heard-of", "payments-prod", "sandbox-alice"]
    assert order("accounts~-0") == ["sandbox-alice", "payments-prod", "never-heard-of"]


def test_one_account_is_a_page_of_its_own(tables: Any, show: Show, markup: Markup) -> None:
    app = show("accounts", account=PAYMENTS)
    assert not app.exception
    page = markup(app)
    for said in ("payments-prod", "team-a", "Root user signed in", "Its worst findings", "eu-west-1", "locked"):
        assert said in page
    assert "sandbox-alice" not in page


def test_an_account_that_nobody_knows_is_a_page_too(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show("accounts", account="999999999999"))
    assert "Organizations does not name this account" in page
    assert "Nothing is open" in page


def test_the_trend_of_an_account_is_its_own(tables: Any, show: Show, markup: Markup) -> None:
    day = iso(now() - timedelta(days=2))[:10]
    key = (f"ROLLUP#{day}", f"{PAYMENTS}#HIGH")
    other = (f"ROLLUP#{day}", f"{SANDBOX}#HIGH")
    counts = {(key, "findings"): 7, (key, "closed"): 3, (other, "findings"): 50}
    RollupStore(tables, "muster-state").count(counts, "another-shard", "", "1", now())
    assert f"{day}: 7 high" in markup(show("accounts", account=PAYMENTS))


def test_an_empty_hub_says_who_brings_accounts(empty_tables: Any, show: Show, markup: Markup) -> None:
    assert "No account is known yet" in markup(show("accounts"))


def test_a_part_that_cannot_be_read_leaves_the_others(
    tables: Any, show: Show, markup: Markup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "Query")

    monkeypatch.setattr(RollupStore, "of_account", refused)
    page = markup(show("accounts", account=PAYMENTS))
    assert "Trend: could not be read" in page
    assert "Its worst findings" in page
