"""The numbers of a digest are right, for the organization and for some of its accounts."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec
import pytest

from contract.finding import Finding, Severity
from hub.digest import gathering
from hub.digest.due import Period
from hub.digest.figures import Figures, figures
from hub.digest.gathering import Gathered, gather
from hub.silence import Silence
from hub.store.accounts import REMOVED, Account
from hub.store.agent_coverage import AgentCoverage
from hub.store.findings import FindingStore
from hub.store.rollups import RollupStore
from tests.hub.digest.conftest import ACCOUNTS, BANK, SHOP

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Make = Callable[..., Finding]
DAY = Period("daily", "2026-11-20", 1)
SLA = {Severity.CRITICAL: 7, Severity.HIGH: 30}


def gathered(
    client: "DynamoDBClient",
    period: Period = DAY,
    silences: tuple[Silence, ...] = (),
    accounts: Iterable[Account] = ACCOUNTS.values(),
    agents: Iterable[AgentCoverage] = (),
) -> Gathered:
    rollups, findings = RollupStore(client, "state"), FindingStore(client, "findings")
    return gather(period, rollups, findings, accounts, silences, SLA, agents)


def test_a_day_has_what_was_new_closed_open_and_overdue(organization: "DynamoDBClient") -> None:
    said = figures(gathered(organization), "all", None)
    assert (said.since, said.until) == ("2026-11-19", "2026-11-20")
    assert said.new == {"HIGH": 2, "CRITICAL": 1}
    assert said.new_before == {"HIGH": 1}
    assert said.closed == {"HIGH": 1}
    assert said.open == {"HIGH": 2, "CRITICAL": 2}
    assert (said.overdue, said.sla_days, said.cut) == ({"CRITICAL": 1}, {"CRITICAL": 7, "HIGH": 30}, [])
    assert [(one.id, one.account, one.days) for one in said.oldest] == [("d", "bank", 19), ("b", "shop", 1)]
    assert dict(said.accounts) == {"shop": 2, "bank": 2}
    assert said.detections == [("iam.access_key_created", 3)]
    assert (len(said.days), said.days[-1]) == (30, ("2026-11-19", {"HIGH": 2, "CRITICAL": 1}))
    assert said.accounts_in_scope == 2


def test_some_accounts_have_a_digest_of_their_own(organization: "DynamoDBClient") -> None:
    silences = (Silence(SHOP, "eu-west-1", "2026-11-19T10:00:00.000000Z", ""), Silence(BANK, "eu-west-1", "x", ""))
    said = figures(gathered(organization, silences=silences), "shop", frozenset({SHOP}))
    assert (said.new, said.closed, said.open) == ({"HIGH": 1, "CRITICAL": 1}, {}, {"HIGH": 1, "CRITICAL": 1})
    assert [one.id for one in said.oldest] == ["b"]
    assert (said.overdue, said.detections, said.silent_count) == ({}, [], 1)
    assert said.silent == [("shop", "eu-west-1", "2026-11-19T10:00:00.000000Z")]
    assert said.accounts_in_scope == 1


def test_instances_are_counted_where_the_digest_is_of(organization: "DynamoDBClient") -> None:
    at = "2026-11-20T00:00:00.000000Z"
    agents = [
        AgentCoverage(SHOP, {"installed": 2, "failed": 1, "unmanaged": 2, "excluded": 9}, {}, at),
        AgentCoverage(BANK, {"installed": 4}, {}, at),
        AgentCoverage("123456789012", {"excluded": 9}, {}, at),
    ]
    known = gathered(organization, agents=agents)
    all_of_it = figures(known, "all", None)
    assert (all_of_it.with_agent, all_of_it.without_agent, all_of_it.lacking) == (6, 3, [("shop", 2, 3)])
    bank = figures(known, "bank", frozenset({BANK}))
    assert (bank.with_agent, bank.without_agent, bank.lacking) == (4, 0, [])


def test_digests_of_parts_add_up_to_that_of_all(organization: "DynamoDBClient") -> None:
    known = gathered(organization)
    everything = figures(known, "all", None)
    parts = [figures(known, "part", frozenset({one})) for one in (SHOP, BANK)]
    for name in ("new", "new_before", "closed", "open", "overdue"):
        for severity in Severity:
            total = sum(getattr(part, name).get(severity, 0) for part in parts)
            assert total == getattr(everything, name).get(severity, 0)


def test_a_week_is_compared_with_the_week_before(organization: "DynamoDBClient") -> None:
    said = figures(gathered(organization, Period("weekly", "2026-11-20", 7)), "all", None)
    assert said.new == {"HIGH": 3, "CRITICAL": 1}
    assert said.new_before == {}
    assert said.since == "2026-11-13"
    later = figures(gathered(organization, Period("weekly", "2026-11-27", 7)), "all", None)
    assert (later.new, later.closed) == ({}, {})
    assert later.new_before == {"HIGH": 3, "CRITICAL": 1}


def test_a_week_over_the_end_of_a_year_has_both_its_parts(dynamodb: "DynamoDBClient") -> None:
    for day in ("2026-12-27", "2026-12-28", "2026-12-31", "2027-01-01", "2027-01-03", "2027-01-04"):
        add_new(dynamodb, day, SHOP, 1)
    said = figures(gathered(dynamodb, Period("weekly", "2027-01-04", 7)), "all", None)
    assert (said.new, said.new_before) == ({"HIGH": 4}, {"HIGH": 1})
    assert [day for day, counts in said.days if counts] == [
        *("2026-12-27", "2026-12-28", "2026-12-31", "2027-01-01", "2027-01-03")
    ]


def add_new(client: "DynamoDBClient", day: str, account: str, count: int) -> None:
    """Count new findings as the stream's consumer does."""
    key = {"pk": {"S": f"ROLLUP#{day}"}, "sk": {"S": f"{account}#HIGH"}}
    client.put_item(TableName="state", Item={**key, "findings": {"N": str(count)}})  # type: ignore[dict-item]


def test_an_empty_organization_has_a_digest_of_zeros(dynamodb: "DynamoDBClient") -> None:
    said = figures(gathered(dynamodb, accounts=()), "all", None)
    assert (said.accounts_in_scope, said.new, said.closed, said.open, said.overdue) == (0, {}, {}, {}, {})
    assert (said.oldest, said.worst, said.accounts, said.silent) == ([], [], [], [])
    assert len(said.days) == 30


def test_an_account_that_left_counts_for_all_under_its_name_and_for_no_route(organization: "DynamoDBClient") -> None:
    left = msgspec.structs.replace(ACCOUNTS[BANK], status=REMOVED)
    known = gathered(organization, accounts=(ACCOUNTS[SHOP], left))
    assert list(known.accounts) == [SHOP]
    said = figures(known, "all", None)
    assert said.accounts_in_scope == 1
    assert [(one.id, one.account) for one in said.oldest] == [("d", "bank"), ("b", "shop")]


def test_an_account_without_a_name_goes_by_its_id(organization: "DynamoDBClient") -> None:
    said = figures(gathered(organization, accounts=(Account(id=BANK, name=""),)), "all", None)
    assert {name for name, _ in said.accounts} == {BANK, SHOP}


@pytest.mark.parametrize(
    ("first_seen", "count"), [("2026-10-21T00:00:00.000000Z", 1), ("2026-10-21T00:00:00.000001Z", 0)]
)
def test_a_finding_is_overdue_from_the_very_day_on(
    dynamodb: "DynamoDBClient", store: FindingStore, finding: Make, first_seen: str, count: int
) -> None:
    store.upsert([finding("a", first_seen=first_seen)])
    assert figures(gathered(dynamodb), "all", None).overdue == ({"HIGH": count} if count else {})


def test_the_worst_overdue_are_named_once(dynamodb: "DynamoDBClient", store: FindingStore, finding: Make) -> None:
    critical = [
        finding(f"c{day}", severity=Severity.CRITICAL, first_seen=f"2026-10-{day:02}T00:00:00.000000Z")
        for day in range(1, 13)
    ]
    high = [finding(f"h{day}", first_seen=f"2026-09-{day:02}T00:00:00.000000Z") for day in range(1, 9)]
    store.upsert(critical + high)
    said = figures(gathered(dynamodb), "all", None)
    assert said.overdue == {"CRITICAL": 12, "HIGH": 8}
    assert [one.id for one in said.oldest] == [f"c{day}" for day in range(1, 11)]
    assert [one.id for one in said.worst] == ["c11", "c12", "h1", "h2", "h3"]


def test_what_is_not_counted_is_the_youngest(
    dynamodb: "DynamoDBClient", store: FindingStore, finding: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MOST_OLD", 10)
    monkeypatch.setattr(gathering, "_PAGE", 5)
    store.upsert(
        finding(f"{number}", severity=severity, first_seen=f"2026-0{month}-{number % 20 + 1:02}T00:00:00.000000Z")
        for number, severity, month in [
            *((number, Severity.CRITICAL, 1 + number // 20) for number in range(40)),
            *((number, Severity.HIGH, 3) for number in range(40, 45)),
        ]
    )
    said = figures(gathered(dynamodb), "all", None)
    assert (said.overdue, said.cut) == ({"CRITICAL": 10, "HIGH": 5}, ["CRITICAL"])
    assert [one.id for one in said.oldest] == [f"{number}" for number in range(10)]


def test_many_critical_findings_that_are_not_overdue_are_not_said_to_be_more(
    dynamodb: "DynamoDBClient", store: FindingStore, finding: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MOST_OLD", 10)
    store.upsert(finding(f"{number}", severity=Severity.CRITICAL) for number in range(12))
    said = figures(gathered(dynamodb), "all", None)
    assert (said.overdue, said.cut) == ({}, [])


def test_numbers_travel_as_json(organization: "DynamoDBClient") -> None:
    said = figures(gathered(organization), "all", None)
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(said))), Figures) == said


def test_a_payload_is_small_whatever_findings_hold(
    dynamodb: "DynamoDBClient", store: FindingStore, finding: Make
) -> None:
    hostile = "<b>{{ 7*7 }}\r\nBcc: x@example.com\u202e" * 3_000
    old = {"severity": Severity.CRITICAL, "first_seen": "2026-01-01T00:00:00.000000Z"}
    store.upsert(
        [finding(f"{number}", title=hostile, resource=hostile, region=hostile[:20], **old) for number in range(20)]
    )
    said = figures(gathered(dynamodb), "all", None)
    assert (len(said.oldest), len(said.worst)) == (10, 5)
    # An item of DynamoDB takes 400 KB.
    assert len(msgspec.json.encode(said)) < 50_000
