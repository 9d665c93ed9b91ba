"""CloudShell, the console's own command line."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode, Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection


@detection(
    title="{actor} used CloudShell in {region} of account {account} ({eventName})",
    severity=Severity.LOW,
    api_calls=calls("cloudshell", "CreateEnvironment", "CreateSession", "GetFileDownloadUrls", "GetFileUploadUrls"),
    resource=ResourceArn(
        "arn:{partition}:cloudshell:{region}:{account}:environment/{id}",
        ("requestParameters.environmentId", "responseElements.environmentId"),
    ),
    mode=Mode.MONITOR,
    attack="T1059.009",
)
def used(_event: CloudTrailEvent) -> bool:
    """Somebody works in a shell whose address is AWS's, with the rights of their console session.

    False positives: operators, every day.
    Response: only in an investigation: a download (`GetFileDownloadUrls`) is how files leave; CloudTrail shows the
    shell's calls with `exec-env/CloudShell` in their user agent.
    """
    return True
