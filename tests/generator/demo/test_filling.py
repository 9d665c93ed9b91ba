"""Months of plausible findings, and the hub that they are put into."""

import base64
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract.clock import iso
from contract.finding import Severity, Status
from generator.config import Config
from generator.demo.filling import fill
from generator.demo.plausible import DAYS, Story, stories
from generator.local.organization import Account
from hub.recount import by_counter
from hub.store.findings import FindingQuery, FindingStore
from hub.store.history import HistoryStore
from hub.store.recount import OpenFindings
from hub.store.rollups import RollupStore
from hub.store.schema import FINDINGS, STATE
from tests.bench.memory_table import MemoryClient

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ACCOUNTS = tuple(f"4444{place:08}" for place in range(20))
REGIONS = ("eu-central-1", "us-east-1")


def told(number: int = 400, seed: int = 1) -> list[Story]:
    return list(stories(ACCOUNTS, REGIONS, number, NOW, random.Random(seed)))


class Restored:
    """A local organization whose tables are in memory."""

    def __init__(self) -> None:
        self.members = tuple(Account(one, f"member {one}", "Root/Workloads") for one in ACCOUNTS)
        self.client: Any = MemoryClient(**{"muster-findings": FINDINGS, "muster-state": STATE})

    def post(self, path: str, body: dict[str, Any]) -> None:
        assert path == "/_localorg/tables"
        for item in body["items"]:
            binary = {name: {"B": base64.b64decode(one["B"])} for name, one in item.items() if "B" in one}
            self.client.tables[body["table"]].put({**item, **binary})


@pytest.fixture(scope="module")
def restored(config: Config) -> Restored:
    organization, heard = Restored(), []
    is_open = fill(organization, config, 1_200, NOW, heard.append)  # type: ignore[arg-type] # a fake
    assert heard == [500, 500, 200]
    assert is_open == sum(OpenFindings(organization.client, "muster-findings").count_all().values()) / 2
    return organization


def test_the_same_seed_gives_the_same_findings_and_another_others() -> None:
    assert told() == told()
    assert told() != told(seed=2)


def test_each_finding_is_another_one_of_the_last_months_in_one_of_the_accounts() -> None:
    every = told()
    assert len({one.found.id for one in every}) == len(every)
    assert {one.found.account for one in every} <= set(ACCOUNTS)
    assert {one.found.region for one in every} <= set(REGIONS)
    assert all(iso(NOW - timedelta(days=DAYS + 1)) < one.found.first_seen <= iso(NOW) for one in every)
    assert all(one.found.account in one.found.title or one.found.control for one in every if one.found.actor != "root")


def test_an_organization_has_all_severities_both_sources_and_what_people_decided() -> None:
    every = told(2_000)
    assert {one.found.severity for one in every} == set(Severity)
    assert {one.found.product for one in every} == {"muster", "Security Hub"}
    assert {one.present.status for one in every} == {Status.OPEN, Status.RESOLVED, Status.SUPPRESSED}
    assert all(one.found.status is Status.OPEN for one in every)
    assert all((one.closed_at is None) == one.present.is_open for one in every)


def test_the_counters_are_those_of_a_recount(restored: Restored) -> None:
    counters = RollupStore(restored.client, "muster-state")
    assert by_counter(counters.counts()) == OpenFindings(restored.client, "muster-findings").count_all()
    summary = counters.summary(NOW)
    assert sum(summary.open.values()) > 0
    assert sum(summary.accepted.values()) > 0
    assert sum(sum(day.values()) for day in summary.by_day.values()) > 200


def test_findings_are_read_as_any_other(restored: Restored) -> None:
    page = FindingStore(restored.client, "muster-findings").page(FindingQuery(severities=(Severity.HIGH,)), limit=10)
    assert len(page.findings) == 10
    assert FindingStore(restored.client, "muster-findings").get(page.findings[0].id)


def test_what_was_closed_has_its_history(restored: Restored) -> None:
    closed = next(one for one in stories(ACCOUNTS, REGIONS, 1_200, NOW, random.Random(20_261_120)) if one.closed_at)
    assert [one.changes["status"][0] for one in HistoryStore(restored.client, "muster-state").of(closed.found.id)] == [
        "OPEN"
    ]
