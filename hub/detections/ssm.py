"""Systems Manager: what runs on machines, and who is on them."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode, Severity
from contract.resource import ResourceArn
from hub.detections.callers import CALLER, DAY, MINUTE, principal
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import strangers
from hub.detections.window import Window

_DOCUMENT = ResourceArn("arn:{partition}:ssm:{region}:{account}:document/{id}", ("requestParameters.name",))
_INSTANCE_TEMPLATE = "arn:{partition}:ec2:{region}:{account}:instance/{id}"
_SCRIPTS = {"AWS-RunShellScript", "AWS-RunPowerShellScript", "AWS-RunRemoteScript"}
_MANY = 5
_DECRYPTED = {"requestParameters": {"withDecryption": [True]}}


def _parameters(event: CloudTrailEvent) -> list[str]:
    return event.request.texts("name") + event.request.texts("names") + event.request.texts("path")


@detection(
    title="Document {resource} of account {account} shared with everybody or with strangers",
    severity=Severity.HIGH,
    api_calls=calls("ssm", "ModifyDocumentPermission"),
    resource=_DOCUMENT,
    attack="T1537",
)
def document_public(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """Everyone may read and run the document; MEDIUM when it is an account outside the organization.

    False positives: documents that the organization publishes; partners, until trusted_accounts names their accounts.
    Response: stop sharing (ssm:ModifyDocumentPermission). Read every version of the document for secrets and rotate
    those; for one shared with an account, find out whose it is.
    """
    added = event.request.texts("accountIdsToAdd")
    if "all" in {account.lower() for account in added}:
        return True
    return Match(severity=Severity.MEDIUM) if strangers(added, event, settings) else False


@detection(
    title="{actor} ran {requestParameters.documentName} on instances of account {account}",
    severity=Severity.LOW,
    api_calls=calls("ssm", "SendCommand"),
    resource=ResourceArn(_INSTANCE_TEMPLATE, ("requestParameters.instanceIds",)),
    mode=Mode.MONITOR,
    attack="T1651",
)
def command_run(event: CloudTrailEvent) -> bool | Match:
    """A script ran on machines without a sign-in; MEDIUM on five and more, and the script itself is not recorded.

    False positives: patching and configuration tools.
    Response: only in an investigation: read the command's history in Systems Manager, where the script can be seen for
    30 days.
    """
    if event.request.text("documentName").rpartition("/")[2] not in _SCRIPTS:
        return False
    is_wide = len(event.request.texts("instanceIds")) >= _MANY or "targets" in event.request
    return Match(severity=Severity.MEDIUM) if is_wide else True


@detection(
    title="{actor} opened a session on {requestParameters.target} of account {account}",
    severity=Severity.LOW,
    api_calls=calls("ssm", "StartSession", "ResumeSession"),
    resource=ResourceArn(_INSTANCE_TEMPLATE, ("requestParameters.target",)),
    mode=Mode.MONITOR,
    attack="T1021.007",
)
def session_started(_event: CloudTrailEvent) -> bool:
    """Somebody is on a machine, or tunnels through it.

    False positives: operators, every day.
    Response: only in an investigation: read the session's log.
    """
    return True


@detection(
    title="{actor} read {count} or more secure parameters of account {account} within {minutes} minutes",
    severity=Severity.MEDIUM,
    api_calls=calls("ssm", "GetParameter", "GetParameters", "GetParametersByPath"),
    only=_DECRYPTED,
    resource=CALLER,
    window=Window(by=principal, seconds=5 * MINUTE, count=10, counting=_parameters),
    attack="T1552",
)
def secure_parameters_read_burst(event: CloudTrailEvent) -> bool:
    """One caller reads the decrypted values of many parameters, which hold passwords and keys.

    False positives: an application that reads its configuration when it starts (exclude its role).
    Response: compare with what this caller usually reads. If it is new, revoke its sessions and replace every secret
    that the finding lists; whoever has read them no longer needs AWS to use them.
    """
    return event.request.is_true("withDecryption")


@detection(
    title="{actor} read all parameters of account {account} in {region} with their decrypted values",
    severity=Severity.HIGH,
    api_calls=calls("ssm", "GetParametersByPath"),
    only=_DECRYPTED,
    resource=CALLER,
    window=Window(by=principal, seconds=DAY),
    attack="T1552",
)
def secure_parameters_read_from_root(event: CloudTrailEvent) -> bool:
    """The path "/" with all that is below: every password and key of the Region in a few calls, told once a day.

    False positives: a backup of parameters (exclude its role); applications read a path of their own.
    Response: revoke the caller's sessions, then replace what the account's secure parameters hold, the most powerful
    first; look in CloudTrail for what was done with it since.
    """
    is_everything = event.request.text("path") == "/" and event.request.is_true("recursive")
    return is_everything and event.request.is_true("withDecryption")


@detection(
    title="{actor} started automation {requestParameters.documentName} in {region} of account {account}",
    severity=Severity.LOW,
    api_calls=calls("ssm", "StartAutomationExecution"),
    resource=ResourceArn(
        "arn:{partition}:ssm:{region}:{account}:automation-execution/{id}",
        ("responseElements.automationExecutionId", "requestParameters.documentName"),
    ),
    mode=Mode.MONITOR,
    attack="T1651",
)
def automation_started(event: CloudTrailEvent) -> bool:
    """A runbook changes resources with the rights of its own role; what AWS's services start is not meant.

    False positives: patching and operations.
    Response: only in an investigation: read the execution's steps in Systems Manager, and who wrote the document.
    """
    return not event.is_by_service
