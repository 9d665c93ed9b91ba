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
_FSBP = "standards/aws-foundational-security-best-practices/v/1.0.0"
# Numbers in CIS AWS Foundations Benchmark by version (Security Hub guide, "CIS AWS Foundations Benchmark").
_CIS = {
    "1.4.0": {"EC2.2": "5.3", "EC2.6": "3.9", "EC2.7": "2.2.1", "EC2.21": "5.1", "IAM.1": "1.16", "IAM.4": "1.4"}
    | {"IAM.6": "1.6", "IAM.15": "1.8", "KMS.4": "3.8", "RDS.3": "2.3.1", "S3.5": "2.1.2", "S3.8": "2.1.5.2"}
    | {"CloudTrail.5": "3.4"},
    "3.0.0": {"EC2.2": "5.4", "EC2.6": "3.7", "EC2.7": "2.2.1", "EC2.8": "5.6", "EC2.21": "5.1", "IAM.4": "1.4"}
    | {"IAM.6": "1.6", "IAM.15": "1.8", "KMS.4": "3.6", "RDS.2": "2.3.3", "RDS.3": "2.3.1", "S3.5": "2.1.1"}
    | {"S3.8": "2.1.4"},
    "5.0.0": {"EC2.2": "5.5", "EC2.6": "3.7", "EC2.7": "5.1.1", "EC2.8": "5.7", "EC2.21": "5.2", "IAM.4": "1.3"}
    | {"IAM.6": "1.5", "IAM.15": "1.7", "KMS.4": "3.6", "RDS.2": "2.2.3", "RDS.3": "2.2.1", "S3.5": "2.1.1"}
    | {"S3.8": "2.1.4"},
}


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
        "Compliance": {"Status": "FAILED", "SecurityControlId": one.control, **_asked_by(one.control)},
        "Workflow": {"Status": "NEW"},
        "RecordState": "ACTIVE",
    }


def _asked_by(control: str) -> dict[str, Any]:
    """Return the standards that ask for a control, and its numbers in them."""
    numbers = {version: known[control] for version, known in _CIS.items() if control in known}
    cis = [f"standards/cis-aws-foundations-benchmark/v/{version}" for version in numbers]
    return {
        "AssociatedStandards": [{"StandardsId": one} for one in (_FSBP, *cis)],
        "RelatedRequirements": [f"CIS AWS Foundations Benchmark v{version}/{one}" for version, one in numbers.items()],
    }
