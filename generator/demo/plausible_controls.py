"""Findings of Security Hub's controls as an organization has them."""

import random
from datetime import datetime
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec

from contract import asff
from contract.clock import iso
from contract.finding import Finding, Severity
from contract.names import partition_of
from generator.demo.weights import Occasion, chosen

_CONTROLS = Path(__file__).with_name("controls.json")
# How often controls fail, by severity; what fails once in an account is rarer than what fails for each resource.
_COMMON = {"CRITICAL": 0.3, "HIGH": 1.0, "MEDIUM": 2.2, "LOW": 1.5}
_ONCE = 0.15
_WORDS = ("orders", "billing", "media", "search", "ledger", "events", "reports", "images", "checkout", "catalog")
_PARTS = ("api", "data", "worker", "cache", "logs", "export", "backup", "web")
_STANDARDS = (
    {"StandardsId": "standards/aws-foundational-security-best-practices/v/1.0.0"},
    {"StandardsId": "standards/cis-aws-foundations-benchmark/v/5.0.0"},
)


class Control(msgspec.Struct, frozen=True):
    """A control of Security Hub; `arn` is the form of its resources, `per_account`: there is one of each account."""

    control: str
    severity: str
    title: str
    type: str
    arn: str
    per_account: bool = False


@cache
def _controls() -> tuple[tuple[Control, ...], tuple[float, ...]]:
    known = msgspec.json.decode(_CONTROLS.read_bytes(), type=tuple[Control, ...])
    weights = [_COMMON[one.severity] * (_ONCE if one.per_account else 1) for one in known]
    return known, tuple(accumulate(weight / (1 + place % 5) for place, weight in enumerate(weights)))


def control_finding(on: Occasion, chance: random.Random) -> Finding:
    """Return the finding that some control failed for a resource of its own."""
    controls, weights = _controls()
    return asff.finding_of(_document(controls[chosen(weights, chance)], on, chance), iso(on.at))


def passed(found: Finding, at: datetime) -> Finding:
    """Return the finding as Security Hub tells it when the control passes, at a later time."""
    informational = {"Label": Severity.INFORMATIONAL.value, "Original": Severity.INFORMATIONAL.value}
    before = asff.document(found)
    document = {
        **before,
        "UpdatedAt": iso(at),
        "Severity": informational,
        "FindingProviderFields": {"Severity": informational},
        "Compliance": {**before["Compliance"], "Status": "PASSED"},
        "Workflow": {"Status": "RESOLVED"},
    }
    return asff.finding_of(document, iso(at))


def name(chance: random.Random) -> str:
    """Return what somebody may have called a resource."""
    return f"{chance.choice(_WORDS)}-{chance.choice(_PARTS)}"


def _document(one: Control, on: Occasion, chance: random.Random) -> dict[str, Any]:
    partition, digits = partition_of(on.region), f"{chance.getrandbits(68):017x}"
    uuid = f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-8000-{on.number:012x}"
    resource = one.arn.format(
        partition=partition,
        region=on.region,
        account=on.account,
        name=f"{name(chance)}-{on.number:06}",
        hex=digits,
        uuid=uuid,
    )
    source, label = f"arn:{partition}:securityhub:{on.region}", {"Label": one.severity, "Original": one.severity}
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"{source}:{on.account}:security-control/{one.control}/finding/{uuid}",
        "ProductArn": f"{source}::product/aws/securityhub",
        "ProductName": "Security Hub",
        "CompanyName": "AWS",
        "Region": on.region,
        "GeneratorId": f"security-control/{one.control}",
        "AwsAccountId": on.account,
        "CreatedAt": iso(on.at),
        "UpdatedAt": iso(on.at),
        "Severity": label,
        "FindingProviderFields": {"Severity": label},
        "Title": one.title,
        "Description": f"This control checks whether this holds: {one.title}.",
        "Remediation": {
            "Recommendation": {
                "Text": "For how to correct this, see the documentation of Security Hub's controls.",
                "Url": f"https://docs.aws.amazon.com/console/securityhub/{one.control}/remediation",
            }
        },
        "Resources": [{"Type": one.type, "Id": resource, "Partition": partition, "Region": on.region}],
        "Compliance": {"Status": "FAILED", "SecurityControlId": one.control, "AssociatedStandards": [*_STANDARDS]},
        "Workflow": {"Status": "NEW"},
        "RecordState": "ACTIVE",
    }
