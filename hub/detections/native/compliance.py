"""What Config's rules say about resources."""

from contract.finding import Mode, Severity
from hub.detections.native.event import NativeEvent
from hub.detections.native.feed import Report, feed

_BROKEN = "NON_COMPLIANT"
_RESULT = "newEvaluationResult.complianceType"
_EC2 = "arn:{partition}:ec2:{region}:{account}:"
# Config names some resources by what is in their ARN, others (IAM, RDS) by ids that no ARN holds.
_TEMPLATES = {
    "AWS::DynamoDB::Table": "arn:{partition}:dynamodb:{region}:{account}:table/{id}",
    "AWS::EC2::Instance": f"{_EC2}instance/{{id}}",
    "AWS::EC2::NetworkInterface": f"{_EC2}network-interface/{{id}}",
    "AWS::EC2::SecurityGroup": f"{_EC2}security-group/{{id}}",
    "AWS::EC2::Subnet": f"{_EC2}subnet/{{id}}",
    "AWS::EC2::VPC": f"{_EC2}vpc/{{id}}",
    "AWS::EC2::Volume": f"{_EC2}volume/{{id}}",
    "AWS::KMS::Key": "arn:{partition}:kms:{region}:{account}:key/{id}",
    "AWS::Lambda::Function": "arn:{partition}:lambda:{region}:{account}:function:{id}",
    "AWS::S3::Bucket": "arn:{partition}:s3:::{id}",
}


def _changed(result: str) -> dict[str, object]:
    # Security Hub's own rules say what its controls say.
    return {result: {"complianceType": [_BROKEN]}, "configRuleName": [{"anything-but": {"prefix": "securityhub-"}}]}


@feed(
    title="Config rule {said}",
    severity=Severity.MEDIUM,
    product="Config",
    detail_types=("Config Rules Compliance Change",),
    only=(_changed("newEvaluationResult"), _changed("oldEvaluationResult")),
    in_security_hub=True,
    mode=Mode.MONITOR,
)
def config_noncompliant(event: NativeEvent) -> Report | None:
    """A resource does not comply with one of your AWS Config rules any more.

    False positives: rules that are too strict for some accounts; resources that are still being made.
    Response: open the rule in AWS Config: it shows the resource, its timeline, and who changed what. Mend the resource
    or, where the rule is wrong, the rule. The finding closes itself when Config sees that the resource complies again
    or is gone. It is stored and not told; set mode to live to hear of each.
    """
    detail = event.detail
    is_broken = detail.text(_RESULT) == _BROKEN
    if not is_broken and detail.text("oldEvaluationResult.complianceType") != _BROKEN:
        return None
    rule, kind, resource = detail.text("configRuleName"), detail.text("resourceType"), detail.text("resourceId")
    return Report(
        key=f"{detail.text('configRuleARN') or rule} {kind} {resource}",
        said=f"{rule}: {kind} {resource} does not comply",
        is_over=not is_broken,
        resources=event.arns(("resourceId", _TEMPLATES.get(kind, ""))),
        updated_at=detail.get("newEvaluationResult.resultRecordedTime") or detail.get("notificationCreationTime"),
        details={
            "rule": rule,
            "resource_type": kind,
            "resource_id": resource,
            "annotation": detail.text("newEvaluationResult.annotation"),
        },
    )
