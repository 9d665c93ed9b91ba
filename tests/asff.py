"""Findings of Security Hub as tests write them."""

from typing import Any

ACCOUNT = "444455556666"
SECURITY_HUB = "arn:aws:securityhub:eu-central-1::product/aws/securityhub"
BUCKET = "arn:aws:s3:::documents"


def control(identifier: str = "c1", **changes: Any) -> dict[str, Any]:
    """Return a failed control's finding; what is not said is usual, a field that is None is left out."""
    arn = f"arn:aws:securityhub:eu-central-1:{ACCOUNT}:security-control/S3.8/finding/{identifier}"
    usual = {
        "SchemaVersion": "2018-10-08",
        "Id": arn,
        "ProductArn": SECURITY_HUB,
        "ProductName": "Security Hub",
        "CompanyName": "AWS",
        "Region": "eu-central-1",
        "GeneratorId": "security-control/S3.8",
        "AwsAccountId": ACCOUNT,
        "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
        "CreatedAt": "2026-11-20T08:00:00.000Z",
        "UpdatedAt": "2026-11-20T09:00:00.000Z",
        "Severity": {"Label": "HIGH", "Normalized": 70, "Original": "HIGH"},
        "Title": "S3 general purpose buckets should block public access",
        "Description": "This control checks whether the bucket blocks public access.",
        "Remediation": {"Recommendation": {"Text": "See the documentation.", "Url": "https://example.com/S3.8"}},
        "Resources": [{"Type": "AwsS3Bucket", "Id": BUCKET, "Partition": "aws", "Region": "eu-central-1"}],
        "Compliance": {
            "Status": "FAILED",
            "SecurityControlId": "S3.8",
            "AssociatedStandards": [{"StandardsId": "standards/aws-foundational-security-best-practices/v/1.0.0"}],
        },
        "Workflow": {"Status": "NEW"},
        "RecordState": "ACTIVE",
        "FindingProviderFields": {"Severity": {"Label": "HIGH", "Original": "HIGH"}, "Types": ["Software and"]},
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def passed(identifier: str = "c1", **changes: Any) -> dict[str, Any]:
    """Return a passed control's finding: Security Hub resolves it and calls it informational."""
    informational = {"Label": "INFORMATIONAL", "Original": "INFORMATIONAL"}
    usual = {
        "Compliance": {"Status": "PASSED", "SecurityControlId": "S3.8"},
        "Severity": informational,
        "FindingProviderFields": {"Severity": informational},
        "Workflow": {"Status": "RESOLVED"},
    }
    return control(identifier, **{**usual, **changes})


def imported(finding: dict[str, Any], time: str) -> dict[str, Any]:
    """Return the event that Security Hub sends of a finding, on its administrator's bus."""
    return {
        "version": "0",
        "id": f"{finding['Id']} {time}",
        "detail-type": "Security Hub Findings - Imported",
        "source": "aws.securityhub",
        "account": "111122223333",
        "time": time,
        "region": "eu-central-1",
        "resources": [finding["Id"]],
        "detail": {"findings": [finding]},
    }
