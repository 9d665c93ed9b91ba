"""Coverage: what is not watched and why, and which instances lack the agent."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest
from streamlit.testing.v1 import AppTest

from contract.agents import LACKING, REASONS_OF_LACKING, AgentState, Reason, Via
from contract.clock import iso, now
from contract.spoke_events import AgentStatus
from dashboard.instances import Which
from hub.agent_coverage import coverage_of
from hub.store.accounts import Account, AccountStore
from hub.store.agent_coverage import AgentCoverageStore
from hub.store.agents import AgentStore

Show = Callable[..., AppTest]
Markup = Callable[[AppTest], str]
PAYMENTS, SANDBOX, QUIET = "111122223333", "444455556666", "123456789012"
REFUSED = {
    "state": AgentState.FAILED,
    "reason": Reason.SCRIPT_FAILED,
    "details": "exit <b>8</b>",
    "exit_code": 8,
    "output": "Installing\nE: no <room>\n",
}
SILENT = {"state": AgentState.UNMANAGED, "reason": Reason.NEVER_REGISTERED, "region": "us-east-1"}


def status(account: str, number: int, **more: Any) -> AgentStatus:
    usual: dict[str, Any] = {"region": "eu-west-1", "version": "0.1.0", "via": Via.SWEEP, "at": iso(now())}
    installed = {"state": AgentState.INSTALLED, "reason": Reason.FRESH, "instance_name": f"shop-{number}"}
    instance = f"i-0123456789abcde{number:02}"
    return AgentStatus(account=account, instance=instance, **{**usual, **installed, **more})


@pytest.fixture
def counted(tables: Any) -> Any:
    agents, coverage = AgentStore(tables, "muster-state"), AgentCoverageStore(tables, "muster-state")
    reports = [status(PAYMENTS, one) for one in range(3)]
    reports += [status(PAYMENTS, 3, **REFUSED), status(SANDBOX, 4, **SILENT), status(SANDBOX, 5, **REFUSED)]
    for one in reports:
        agents.record(one)
    for account in (PAYMENTS, SANDBOX):
        coverage.write(coverage_of(account, agents.of(account, now()), now()))
    for ago in range(3):
        day = (now() - timedelta(days=ago)).date().isoformat()
        coverage.write_day(day, {"installed": 3, "failed": 2 + ago, "unmanaged": 1}, now())
    return tables


def test_what_is_not_watched_says_why_the_worst_first(tables: Any, show: Show, markup: Markup) -> None:
    accounts = AccountStore(tables, "muster-state")
    accounts.write(
        [
            Account(id="222222222222", name="new-one", covered_since={"eu-west-1": iso(now())}),
            Account(id="333333333333", name="stray", outside_since=iso(now())),
            Account(id="999999999999", name="root", is_management=True),
        ]
    )
    page = markup(show("coverage"))
    wrong = page.partition("What is not watched, and why")[2].partition("</table>")[0]
    assert wrong.index("silent") < wrong.index("new-one") < wrong.index("stray")
    assert "No heartbeat came: muster status" in wrong
    assert "It is in none of organization.ous." in wrong
    assert "StackSets never reach the management account" in wrong


def test_how_many_have_the_agent_and_why_the_others_have_not(counted: Any, show: Show, markup: Markup) -> None:
    page = markup(show("coverage"))
    assert "With the agent</small><strong>3<" in page
    assert "of 6 that should have it" in page
    assert "Failed</small><strong>2<" in page
    assert "Out of reach</small><strong>1<" in page
    reasons = page.partition("Why it is lacking")[2].partition("</table>")[0]
    assert reasons.index("script failed") < reasons.index("never registered")
    assert "installed" not in reasons.partition("never registered")[0].partition("script failed")[0]
    assert "Instances without the agent, by day: " in page


def test_shares_are_by_account_unit_and_owner(counted: Any, show: Show, markup: Markup) -> None:
    page = markup(show("coverage"))
    by_account = page.partition("By account")[2].partition("By unit")[0]
    assert by_account.index("sandbox-alice") < by_account.index("payments-prod")
    assert "With the agent: 3 of 4" in by_account.partition("payments-prod")[2]
    assert "With the agent: 0 of 2" in page.partition("By unit")[2].partition("Root/Sandbox")[2].partition("</tr>")[0]
    assert "With the agent: 3 of 6" in page.partition("By owner")[2].partition("team-a")[2]


def test_each_instance_without_it_says_why_and_is_escaped(counted: Any, show: Show, markup: Markup) -> None:
    app = show("coverage")
    page = markup(app)
    assert "Lacking: 3" in page
    assert "Exit &lt;b&gt;8&lt;/b&gt;. The vendor" in page
    assert '<div class="m-code m-sub">E: no &lt;room&gt;</div>' in page
    assert "script failed, exit code 8" in page
    assert "Save CSV (3 rows)" in [one.label for one in app.get("download_button")]


def test_those_that_have_it_are_listed_too(counted: Any, show: Show, markup: Markup) -> None:
    app = show("coverage")
    app.segmented_control[0].set_value(Which.INSTALLED).run()
    page = markup(app)
    assert "Installed: 3" in page
    assert "shop-0" in page
    assert "shop-4" not in page


def test_a_link_leads_to_an_instance_with_all_that_is_known(counted: Any, show: Show, markup: Markup) -> None:
    page = markup(show("coverage"))
    arn = f"arn:aws:ec2:eu-west-1:{PAYMENTS}:instance/i-0123456789abcde03"
    assert f'href="coverage?instance={quote_plus(arn)}"' in page
    one = markup(show("coverage", instance=arn)).partition("Spokes")[0]
    assert "Instance i-0123456789abcde03" in one
    assert "Installing\nE: no &lt;room&gt;\n</pre>" in one
    for other in (arn.replace(PAYMENTS, SANDBOX), arn.replace("eu-west-1", "eu-west-2"), "i-1", ":" * 50, "arn"):
        assert "Nothing is known of it" in markup(show("coverage", instance=other))


def test_filters_hold_for_instances_too(counted: Any, show: Show, markup: Markup) -> None:
    page = markup(show("coverage", account=PAYMENTS))
    assert "of 4 that should have it" in page
    assert "shop-4" not in page
    assert "No history to show" in page
    assert "shop-3" not in markup(show("coverage", region="us-east-1"))
    assert "shop-4" in markup(show("coverage", region="us-east-1"))


def test_without_instances_the_page_says_how_to_begin(tables: Any, show: Show, markup: Markup) -> None:
    page = markup(show("coverage"))
    assert "No instance was counted" in page
    assert "[agent] in muster.toml" in page


def test_every_reason_belongs_to_one_kind_of_state() -> None:
    assert len(LACKING) == 2
    others = {
        *(Reason.FRESH, Reason.ALREADY_RUNNING, Reason.UPGRADED, Reason.UNINSTALLED, Reason.NOT_THERE),
        *(Reason.NOT_IN_SCOPE, Reason.TAGS_DO_NOT_MATCH, Reason.EXCLUDED_BY_TAG, Reason.ACCOUNT_EXCLUDED),
        *(Reason.TERMINATED, Reason.STOPPED),
    }
    assert {*Reason} - others == REASONS_OF_LACKING
