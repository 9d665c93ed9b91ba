"""Instances as the hub knows them: what is stored, who lacks the agent since when, and the findings of that."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from contract.agents import AgentState, Reason, Via
from contract.clock import iso
from contract.names import VERSION
from contract.spoke_events import AgentStatus
from hub.agent_coverage import Stores, agent_missing, look
from hub.store.accounts import Account, AccountStore
from hub.store.agent_coverage import AgentCoverageStore, AgentDay
from hub.store.agents import KEPT, AgentStore, KnownInstance
from hub.store.findings import FindingQuery, FindingStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHOP, PAYMENTS = "444455556666", "777788889999"
FIRST, SECOND, THIRD = (f"i-0123456789abcdef{number}" for number in range(3))
PATIENCE = timedelta(days=1)
FAILED = {"state": AgentState.FAILED, "reason": Reason.SCRIPT_FAILED}
SILENT = {"state": AgentState.UNMANAGED, "reason": Reason.NEVER_REGISTERED}
EXCLUDED = {"state": AgentState.EXCLUDED, "reason": Reason.NOT_IN_SCOPE}
GONE = {"state": AgentState.GONE, "reason": Reason.TERMINATED}


def status(instance: str = FIRST, ago: timedelta = timedelta(), **more: Any) -> AgentStatus:
    usual: dict[str, Any] = {"account": SHOP, "region": "eu-central-1", "version": VERSION, "via": Via.SWEEP}
    installed = {"state": AgentState.INSTALLED, "reason": Reason.FRESH}
    return AgentStatus(instance=instance, at=iso(NOW - ago), **{**usual, **installed, **more})


@pytest.fixture
def agents(dynamodb: "DynamoDBClient") -> AgentStore:
    return AgentStore(dynamodb, "state")


@pytest.fixture
def stores(dynamodb: "DynamoDBClient", agents: AgentStore, store: FindingStore) -> Stores:
    accounts = AccountStore(dynamodb, "state")
    accounts.write([Account(id=SHOP, name="shop"), Account(id=PAYMENTS, name="payments")])
    return Stores(accounts, agents, AgentCoverageStore(dynamodb, "state"), store)


def record(agents: AgentStore, *reports: AgentStatus) -> list[bool]:
    return [agents.record(one) for one in reports]


def open_findings(stores: Stores) -> list[str]:
    page = stores.findings.page(FindingQuery(detections=("muster.agent_missing",)), limit=50)
    return [one.resource.rpartition("/")[2] for one in page.findings]


def test_an_instance_is_known_by_its_last_report(agents: AgentStore) -> None:
    later, earlier = status(), status(ago=timedelta(hours=1), **FAILED)
    assert record(agents, later, earlier, later) == [True, False, False]
    assert list(agents.of(SHOP, NOW)) == [KnownInstance(later)]


def test_it_lacks_the_agent_since_the_first_report_that_says_so(agents: AgentStore) -> None:
    hours = [timedelta(hours=number) for number in range(4)]
    record(agents, status(ago=hours[3], **FAILED), status(ago=hours[2], **SILENT))
    (known,) = agents.of(SHOP, NOW)
    assert (known.is_lacking, known.missing_since) == (True, iso(NOW - hours[3]))
    record(agents, status(ago=hours[1]), status(ago=hours[0], **FAILED))
    (known,) = agents.of(SHOP, NOW)
    assert known.missing_since == iso(NOW)


@pytest.mark.parametrize("state", [AgentState.EXCLUDED, AgentState.REMOVED, AgentState.INSTALLED])
def test_who_has_it_or_need_not_have_it_lacks_nothing(state: AgentState, agents: AgentStore) -> None:
    record(agents, status(state=state))
    (known,) = agents.of(SHOP, NOW)
    assert (known.is_lacking, known.missing_since) == (False, "")
    assert known.is_wanted == (state is AgentState.INSTALLED)


def test_what_failed_and_left_it_as_it_was_keeps_the_state(agents: AgentStore, stores: Stores) -> None:
    hours = [timedelta(hours=number) for number in range(3)]
    refused = {"state": AgentState.FAILED, "reason": Reason.COMMAND_CANCELLED, "is_unchanged": True}
    record(agents, status(ago=hours[1], agent_version="4.2.0"), status(ago=hours[0], **refused))
    record(agents, status(SECOND, ago=hours[1], **refused))
    kept, unknown = agents.of(SHOP, NOW)
    assert (kept.status.state, kept.status.reason) == (AgentState.INSTALLED, Reason.COMMAND_CANCELLED)
    assert (kept.status.agent_version, kept.missing_since) == ("4.2.0", "")
    assert unknown.status.state is AgentState.FAILED
    look(stores, NOW, PATIENCE)
    (counted,) = stores.coverage.all()
    assert (counted.states, counted.reasons) == ({"installed": 1, "failed": 1}, {"command_cancelled": 1})


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_reports_come_in_any_order(agents: AgentStore, order: tuple[int, ...]) -> None:
    hours = [timedelta(hours=number) for number in range(4)]
    refused = {"state": AgentState.FAILED, "reason": Reason.COMMAND_CANCELLED, "is_unchanged": True}
    reports = (
        status(ago=hours[3], **FAILED),
        status(ago=hours[2], agent_version="4.2.0"),
        status(ago=hours[1], **refused),
    )
    record(agents, *(reports[place] for place in order))
    (known,) = agents.of(SHOP, NOW)
    assert (known.status.state, known.status.reason) == (AgentState.INSTALLED, Reason.COMMAND_CANCELLED)
    assert (known.status.agent_version, known.missing_since, known.is_lacking) == ("4.2.0", "", False)


def test_what_is_gone_is_forgotten_and_an_older_report_does_not_forget_it(agents: AgentStore) -> None:
    record(agents, status(), status(ago=timedelta(hours=1), **GONE))
    assert len(list(agents.of(SHOP, NOW))) == 1
    record(agents, status(**GONE))
    assert list(agents.of(SHOP, NOW)) == []


def test_a_report_from_before_it_was_gone_does_not_bring_it_back(agents: AgentStore) -> None:
    hours = [timedelta(hours=number) for number in range(3)]
    assert record(agents, status(ago=hours[1], **GONE), status(ago=hours[2], **FAILED)) == [True, False]
    assert list(agents.of(SHOP, NOW)) == []
    record(agents, status(ago=hours[0], **FAILED))
    assert [one.missing_since for one in agents.of(SHOP, NOW)] == [iso(NOW)]


def test_what_nobody_reports_any_more_expires(agents: AgentStore, dynamodb: "DynamoDBClient") -> None:
    record(agents, status())
    (item,) = dynamodb.scan(TableName="state")["Items"]
    assert int(item["ttl_timestamp"]["N"]) == int((NOW + KEPT).timestamp())
    assert list(agents.of(SHOP, NOW + KEPT)) == []


def test_accounts_are_counted_and_the_day_is_kept(stores: Stores) -> None:
    other = {"account": PAYMENTS}
    record(stores.agents, status(FIRST), status(SECOND, **FAILED), status(THIRD, **EXCLUDED), status(FIRST, **other))
    assert look(stores, NOW, PATIENCE) == {"installed": 2, "lacking": 0}
    counted = {one.account: one for one in stores.coverage.all()}
    assert counted[SHOP].states == {"installed": 1, "failed": 1, "excluded": 1}
    assert counted[SHOP].reasons == {"installed": 1, "script_failed": 1, "not_in_scope": 1}
    assert counted[PAYMENTS].states == {"installed": 1}
    record(stores.agents, status(FIRST, **GONE, **other))
    look(stores, NOW + timedelta(hours=1), PATIENCE)
    assert [one.account for one in stores.coverage.all()] == [SHOP]
    assert list(stores.coverage.days()) == [AgentDay("2026-11-20", {"installed": 1, "failed": 1, "excluded": 1})]


def test_an_instance_that_lacks_it_too_long_is_a_finding_until_it_has_it(stores: Stores) -> None:
    days = [timedelta(days=number) for number in range(3)]
    record(stores.agents, status(FIRST, ago=days[2], **FAILED), status(SECOND, ago=days[0], **SILENT))
    for _ in range(2):
        assert look(stores, NOW, PATIENCE)["lacking"] == 1
        assert open_findings(stores) == [FIRST]
    record(stores.agents, status(FIRST))
    look(stores, NOW + days[1], PATIENCE)
    assert open_findings(stores) == [SECOND]


def test_an_account_that_left_takes_its_coverage_and_findings_with_it(stores: Stores) -> None:
    record(stores.agents, status(FIRST, ago=timedelta(days=2), **FAILED))
    look(stores, NOW, PATIENCE)
    stores.accounts.write([Account(id=SHOP, name="shop", status="SUSPENDED")])
    assert look(stores, NOW, PATIENCE) == {"installed": 0, "lacking": 0}
    assert (open_findings(stores), stores.coverage.all()) == ([], [])


def test_where_the_installer_is_off_nothing_lacks_it(stores: Stores) -> None:
    record(stores.agents, status(FIRST, ago=timedelta(days=2), **FAILED))
    look(stores, NOW, PATIENCE)
    look(stores, NOW, PATIENCE, is_on=False)
    assert (open_findings(stores), stores.coverage.all()) == ([], [])


def test_a_finding_says_which_instance_why_and_what_to_do() -> None:
    said = status(
        **FAILED, instance_name="shop-7", agent="Trend Micro", output="x" * 600 + "no console", details="exit code 8"
    )
    finding = agent_missing(KnownInstance(said, iso(NOW)), iso(NOW))
    assert finding.resource == f"arn:aws:ec2:eu-central-1:{SHOP}:instance/{FIRST}"
    assert f"shop-7 ({FIRST})" in finding.title
    assert "script failed" in finding.title
    assert finding.details["details"] == "exit code 8"
    assert len(finding.details["output"]) == 500
    assert finding.details["output"].endswith("no console")
    assert "output" in finding.details["mend"]
    again = agent_missing(KnownInstance(msgspec.structs.replace(said, **SILENT), iso(NOW)), iso(NOW))
    assert again.id == finding.id
