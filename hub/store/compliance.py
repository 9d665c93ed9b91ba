"""How the controls of Security Hub stand: counters by control, account and standard, and what each control asks."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from contract.finding import Finding, RecordState, Severity, Workflow
from contract.names import CONTROLS_PARTITION, compliance_key, described_control_key, standard_key
from hub.store.attributes import Item, number, text
from hub.store.documents import Key, document_item, document_of, read_partition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Compliance.RelatedRequirements of a control's finding: `CIS AWS Foundations Benchmark v3.0.0/2.1.4`.
_CIS_REQUIREMENT = re.compile(r"CIS AWS Foundations Benchmark v([\d.]+)/([\d.]+)$")
_CIS_STANDARD = re.compile(r"cis-aws-foundations-benchmark/v/([\d.]+)$")
# Security Hub's own are below a hundred characters; more than this is nobody's standard.
_LONGEST, _MOST_STANDARDS = 200, 15


class Result(StrEnum):
    """What a control says of a resource, and people of that: accepted ones fail still."""

    PASSED = "passed"
    FAILED = "failed"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"


class Control(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A control as findings group by it (`detection`), and the standards that ask for it, with its number in each."""

    id: str
    title: str = ""
    severity: Severity = Severity.INFORMATIONAL
    standards: dict[str, str] = {}


class Standing(msgspec.Struct, frozen=True):
    """How many resources pass, fail, fail and are accepted, or could not be judged, of a control or an account."""

    name: str
    passed: int = 0
    failed: int = 0
    accepted: int = 0
    unknown: int = 0

    @property
    def judged(self) -> int:
        """How many it was possible to judge."""
        return self.passed + self.failed + self.accepted


def result_of(finding: Finding) -> Result | None:
    """Return how a control stands on a resource; None where Security Hub says nothing of it any more.

    What people closed as resolved fails until the control passes.
    """
    if not finding.control or finding.record_state is not RecordState.ACTIVE or finding.is_consolidated_away:
        return None
    if finding.compliance == "PASSED":
        return Result.PASSED
    if finding.is_superseded:
        return None
    if finding.workflow is Workflow.SUPPRESSED:
        return Result.ACCEPTED
    return Result.FAILED if finding.compliance == "FAILED" else Result.UNKNOWN


def counters_of(finding: Finding) -> list[tuple[Key, str]]:
    """Return the counters in which a finding counts: its control's, its account's, its account's in each standard."""
    result = result_of(finding)
    if result is None:
        return []
    keys = [compliance_key(finding.detection), compliance_key(finding.detection, finding.account)]
    keys += [standard_key(one, finding.account) for one in standards_of(finding)]
    return [(key, result.value) for key in keys]


def standards_of(finding: Finding) -> list[str]:
    """Return the standards that ask for a finding's control, each once."""
    named = dict.fromkeys(one for one in finding.standards if 0 < len(one) <= _LONGEST)
    return list(named)[:_MOST_STANDARDS]


def control_of(finding: Finding) -> Control:
    """Return what a finding says about its control."""
    numbers = _cis_numbers(finding)
    return Control(
        id=finding.detection,
        title=finding.title,
        severity=finding.provider_severity or finding.severity,
        standards={one: numbers.get(_cis_version(one), "") for one in standards_of(finding)},
    )


def together(known: Control | None, said: Control) -> Control:
    """Return what is known of a control with what another finding says.

    Not every account follows every standard, and a control that passes is informational everywhere.
    """
    if known is None:
        return said
    numbered = {name: value or known.standards.get(name, "") for name, value in said.standards.items()}
    worst = max(known.severity, said.severity, key=lambda one: one.rank)
    return Control(
        id=known.id, title=said.title or known.title, severity=worst, standards={**known.standards, **numbered}
    )


def _cis_numbers(finding: Finding) -> dict[str, str]:
    compliance = finding.source.get("Compliance")
    said = compliance.get("RelatedRequirements") if isinstance(compliance, dict) else None
    found = (_CIS_REQUIREMENT.search(str(one)) for one in (said if isinstance(said, list) else ()))
    return {match[1]: match[2] for match in found if match}


def _cis_version(standard: str) -> str:
    match = _CIS_STANDARD.search(standard)
    return match[1] if match else standard


class ComplianceStore:
    """Standings and controls in the state table. The rollups write the counters (`hub.rollups`)."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def controls(self) -> list[Control]:
        """Return every control of which there ever was a finding."""
        items = read_partition(self._client, self._table, CONTROLS_PARTITION)
        return [document_of(item, Control) for item in items]

    def describe(self, control: Control) -> None:
        """Store what is known of a control."""
        item = document_item(described_control_key(control.id), control)
        self._client.put_item(TableName=self._table, Item=item)

    def by_control(self, account: str = "") -> list[Standing]:
        """Return how each control stands, in an account or in the whole organization."""
        return self._standings(compliance_key("", account)[0])

    def by_account(self, standard: str) -> list[Standing]:
        """Return how each account stands with the controls of a standard."""
        return self._standings(standard_key(standard, "")[0])

    def _standings(self, partition: str) -> list[Standing]:
        found = (_standing(item) for item in read_partition(self._client, self._table, partition))
        return [one for one in found if one.judged or one.unknown]


def summed(name: str, standings: Iterable[Standing]) -> Standing:
    """Return several standings as one."""
    all_of_them = list(standings)
    return Standing(name, *(sum(getattr(one, result.value) for one in all_of_them) for result in Result))


def _standing(item: Item) -> Standing:
    # A counter that began after what it counts may say less than nothing for a while.
    return Standing(text(item, "sk"), *(max(number(item, result.value), 0) for result in Result))
