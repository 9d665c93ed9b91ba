"""How controls stand, counted from the stream as findings are."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from contract import asff
from contract.finding import Finding, RecordState, Severity, Workflow
from hub.rollups import DescribedControls, count
from hub.store.compliance import ComplianceStore, Result, Standing, control_of, result_of, summed, together
from hub.store.items import item_of
from hub.store.rollups import RollupStore
from hub.streams import StreamRecord
from tests.asff import ACCOUNT, control, passed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FSBP = "standards/aws-foundational-security-best-practices/v/1.0.0"
CIS_3 = "standards/cis-aws-foundations-benchmark/v/3.0.0"
CIS_14 = "standards/cis-aws-foundations-benchmark/v/1.4.0"


def compliance(status: str, *standards: str, requirements: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "Status": status,
        "SecurityControlId": "S3.8",
        "AssociatedStandards": [{"StandardsId": one} for one in standards or (FSBP, CIS_3)],
        "RelatedRequirements": list(requirements),
    }


def failing(identifier: str = "c1", **changes: Any) -> Finding:
    return read(control(identifier, **{"Compliance": compliance("FAILED"), **changes}))


def passing(identifier: str = "c1") -> Finding:
    return read(passed(identifier, Compliance=compliance("PASSED")))


def read(document: Mapping[str, Any]) -> Finding:
    return asff.finding_of(document, "2026-11-20T09:00:00.000000Z")


def record(sequence: int, old: Finding | None, new: Finding | None) -> StreamRecord:
    return StreamRecord(str(sequence), old and item_of(old, 1), new and item_of(new, 2))


@pytest.fixture
def counters(dynamodb: "DynamoDBClient") -> RollupStore:
    return RollupStore(dynamodb, "state", sleep=lambda _: None)


@pytest.fixture
def standings(dynamodb: "DynamoDBClient") -> ComplianceStore:
    return ComplianceStore(dynamodb, "state")


def test_a_control_counts_in_the_organization_in_its_account_and_in_each_standard(
    counters: RollupStore, standings: ComplianceStore
) -> None:
    accepted = msgspec.structs.replace(failing("c3"), workflow=Workflow.SUPPRESSED)
    records = [record(1, None, failing()), record(2, None, passing("c2")), record(3, None, accepted)]
    assert count(records, "s", counters, NOW) is None
    expected = Standing("S3.8", passed=1, failed=1, accepted=1)
    assert standings.by_control() == standings.by_control(ACCOUNT) == [expected]
    of_account = msgspec.structs.replace(expected, name=ACCOUNT)
    assert standings.by_account(FSBP) == standings.by_account(CIS_3) == [of_account]
    assert standings.by_account(CIS_14) == []


def test_a_control_that_passes_moves_and_one_that_is_gone_leaves(
    counters: RollupStore, standings: ComplianceStore
) -> None:
    count([record(1, None, failing()), record(2, failing(), passing())], "s", counters, NOW)
    assert standings.by_control() == [Standing("S3.8", passed=1)]
    gone = read(passed(Compliance=compliance("PASSED"), RecordState="ARCHIVED"))
    count([record(3, passing(), gone)], "s", counters, NOW)
    assert standings.by_control() == standings.by_account(FSBP) == []


def test_an_expired_item_is_no_longer_counted(counters: RollupStore, standings: ComplianceStore) -> None:
    count([record(1, None, passing()), record(2, passing(), None)], "s", counters, NOW)
    assert standings.by_control() == []


def test_a_standard_that_asks_no_more_loses_the_control(counters: RollupStore, standings: ComplianceStore) -> None:
    narrower = failing(Compliance=compliance("FAILED", FSBP))
    count([record(1, None, failing()), record(2, failing(), narrower)], "s", counters, NOW)
    assert standings.by_account(CIS_3) == []
    assert standings.by_account(FSBP) == [Standing(ACCOUNT, failed=1)]


def test_counters_of_how_things_are_now_never_expire(counters: RollupStore, dynamodb: "DynamoDBClient") -> None:
    count([record(1, None, failing())], "s", counters, NOW)
    kept = [one for one in dynamodb.scan(TableName="state")["Items"] if not one["pk"]["S"].startswith("ROLLUP")]
    assert {one["pk"]["S"] for one in kept if "ttl_timestamp" in one} == {"CHECKPOINT"}


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({}, Result.FAILED),
        ({"compliance": "NOT_AVAILABLE"}, Result.UNKNOWN),
        ({"workflow": Workflow.SUPPRESSED}, Result.ACCEPTED),
        # Whoever calls it resolved does not make it pass.
        ({"workflow": Workflow.RESOLVED}, Result.FAILED),
        ({"compliance": "PASSED", "workflow": Workflow.SUPPRESSED}, Result.PASSED),
        ({"superseded_at": "2026-11-21T00:00:00.000000Z"}, None),
        ({"is_consolidated_away": True}, None),
        ({"record_state": RecordState.STALE}, None),
        ({"control": ""}, None),
    ],
)
def test_how_a_control_stands_on_a_resource(changes: dict[str, Any], result: Result | None) -> None:
    assert result_of(msgspec.structs.replace(failing(), **changes)) is result


def test_a_controls_number_in_each_version_of_cis_comes_from_its_requirements() -> None:
    requirements = (
        "CIS AWS Foundations Benchmark v3.0.0/2.1.4",
        "CIS AWS Foundations Benchmark v1.4.0/2.1.5.1",
        "PCI DSS v3.2.1/1.2.1",
    )
    found = control_of(failing(Compliance=compliance("FAILED", FSBP, CIS_3, CIS_14, requirements=requirements)))
    assert found.standards == {FSBP: "", CIS_3: "2.1.4", CIS_14: "2.1.5.1"}
    assert found.severity is Severity.HIGH


def test_what_one_account_does_not_follow_another_may(standings: ComplianceStore) -> None:
    described = DescribedControls(standings)
    described.take_in([failing(Compliance=compliance("FAILED", FSBP))])
    described.take_in([passing("c2")])
    (known,) = standings.controls()
    assert known.standards.keys() == {FSBP, CIS_3}
    assert known.severity is Severity.HIGH


def test_what_is_known_of_a_control_is_written_once(standings: ComplianceStore) -> None:
    written = []
    described = DescribedControls(standings)
    standings.describe = written.append  # type: ignore[method-assign]
    for number in range(3):
        described.take_in([failing(f"c{number}")])
    assert len(written) == 1


def test_a_number_that_is_known_stays_when_a_finding_names_none() -> None:
    known = control_of(
        failing(Compliance=compliance("FAILED", CIS_3, requirements=("CIS AWS Foundations Benchmark v3.0.0/2.1.4",)))
    )
    assert together(known, control_of(failing())).standards == {CIS_3: "2.1.4", FSBP: ""}


def test_standings_add_up() -> None:
    assert summed("both", [Standing("a", 1, 2, 3, 4), Standing("b", 10, 20, 30, 40)]) == Standing(
        "both", 11, 22, 33, 44
    )
