"""GuardDuty's findings."""

from contract.finding import Severity
from hub.detections.native.event import NativeEvent
from hub.detections.native.feed import Report, feed
from hub.detections.native.moments import number

# GuardDuty user guide, "Severity levels of GuardDuty findings"; nine and above came with extended threat detection.
_BANDS = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (1.0, Severity.LOW))
_RESOURCES = (
    ("resource.instanceDetails.instanceId", "arn:{partition}:ec2:{region}:{account}:instance/{id}"),
    ("resource.s3BucketDetails[].arn", ""),
    ("resource.eksClusterDetails.arn", ""),
    ("resource.ecsClusterDetails.arn", ""),
    ("resource.rdsDbInstanceDetails.dbInstanceArn", ""),
    ("resource.lambdaDetails.functionArn", ""),
    ("resource.ebsVolumeDetails.scannedVolumeDetails[].volumeArn", ""),
    ("service.detection.sequence.resources[].uid", ""),
)
_PRINCIPALS = {"IAMUser": "user", "Role": "role", "AssumedRole": "role"}
_ADDRESSES = tuple(
    f"service.action.{action}.remoteIpDetails.ipAddressV4"
    for action in (
        "awsApiCallAction",
        "networkConnectionAction",
        "portProbeAction.portProbeDetails[]",
        "kubernetesApiCallAction",
        "rdsLoginAttemptAction",
    )
)


@feed(
    title="GuardDuty: {said}",
    severity=Severity.MEDIUM,
    product="GuardDuty",
    detail_types=("GuardDuty Finding",),
    in_security_hub=True,
)
def guardduty_finding(event: NativeEvent) -> Report:
    """GuardDuty saw a threat: credentials, an instance, a bucket or a container behaves as if somebody else had it.

    False positives: scanners and penetration tests of your own, VPN exits that people share, new automation; findings
    whose title begins with [SAMPLE] were made to try GuardDuty out.
    Response: open the finding in GuardDuty; its type names the tactic and the page of the user guide, "Remediating
    findings". For credentials: deactivate the key or revoke the role's sessions (IAM console, role, Revoke sessions),
    then look in CloudTrail for what they did since the first time seen. For an instance: isolate it by a security group
    without rules, snapshot its volumes before it is stopped. For a bucket: look who read it, close it. Archive the
    finding in GuardDuty when it is done; a suppression rule there is for what is normal in this account.
    """
    detail = event.detail
    return Report(
        key=detail.text("id"),
        said=detail.text("title") or detail.text("type"),
        severity=_severity(detail.get("severity")),
        is_over=detail.is_true("service.archived"),
        resources=(*event.arns(*_RESOURCES), *_principal(event)),
        updated_at=detail.get("updatedAt"),
        first_seen=detail.get("service.eventFirstSeen") or detail.get("createdAt"),
        actor=detail.text("resource.accessKeyDetails.userName"),
        source_ip=next(filter(None, map(detail.text, _ADDRESSES)), ""),
        details={
            "type": detail.text("type"),
            "description": detail.text("description"),
            "count": detail.text("service.count"),
        },
    )


def _severity(value: object) -> Severity | None:
    score = number(value)
    if score is None:
        return None
    return next((severity for least, severity in _BANDS if score >= least), Severity.INFORMATIONAL)


def _principal(event: NativeEvent) -> tuple[str, ...]:
    """Return the ARN of the user or role whose credentials were used."""
    kind = event.detail.text("resource.accessKeyDetails.userType")
    if kind == "Root":
        return (event.account_arn,)
    template = f"arn:{{partition}}:iam::{{account}}:{_PRINCIPALS[kind]}/{{id}}" if kind in _PRINCIPALS else ""
    return event.arns(("resource.accessKeyDetails.userName", template))
