"""Stacks: those that hand out rights, and Muster's own."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode, Severity
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings

_CLOUDFORMATION = "arn:{partition}:cloudformation:{region}:{account}:"
_STACK = ResourceArn(
    _CLOUDFORMATION + "stack/{id}",
    ("responseElements.stackId", "requestParameters.stackName"),
    fallback=ResourceArn(
        _CLOUDFORMATION + "stackset/{id}", ("responseElements.stackSetId", "requestParameters.stackSetName")
    ),
)
# What StackSets deploys with: named by the service, or by AWS's template for self-managed permissions.
_EXECUTION_ROLES = ("stacksets-exec-", "AWSCloudFormationStackSetExecutionRole")


def _name(event: CloudTrailEvent) -> str:
    """The stack's or StackSet's name, also where the call says the stack's ARN."""
    said = event.request.text("stackName") or event.request.text("stackSetName")
    return said.rpartition(":stack/")[2].partition("/")[0]


def _is_stack_set(event: CloudTrailEvent) -> bool:
    return event.actor.role.startswith(_EXECUTION_ROLES)


@detection(
    title="{actor} deployed stack {stack} of account {account} with rights over IAM",
    severity=Severity.LOW,
    api_calls=calls("cloudformation", "CreateStack", "UpdateStack", "CreateStackSet"),
    resource=_STACK,
    mode=Mode.MONITOR,
    attack="T1578",
)
def privileged_stack(event: CloudTrailEvent) -> bool | Match:
    """A stack may make or change roles and policies (`CAPABILITY_IAM`); what StackSets deploys is not meant.

    False positives: every deployment by pipelines; put their roles into an exclusion.
    Response: only in an investigation: read the template (`GetTemplate`), or what it was fetched from (`template`).
    """
    is_privileged = any("IAM" in capability for capability in event.request.texts("capabilities"))
    if not is_privileged or _is_stack_set(event):
        return False
    return Match(details={"stack": _name(event), "template": event.request.text("templateURL")})


@detection(
    title="Muster's stack {resource} of account {account} deleted or changed by {actor}",
    severity=Severity.CRITICAL,
    api_calls=calls("cloudformation", "DeleteStack", "UpdateStack", "DeleteStackInstances", "DeleteStackSet"),
    resource=_STACK,
    attempts=True,
    attack="T1562.001",
)
def framework_stack_deleted(event: CloudTrailEvent, settings: DetectionSettings) -> bool:
    """Muster sees less from now on, or nothing: somebody other than StackSets deleted or changed one of its stacks.

    False positives: `muster uninstall`; accounts or Regions that were taken out of `muster.toml` on purpose.
    Response: ask the actor at once; run `muster deploy`, which puts the stacks back, and `muster status` to see that
    the spokes report again; then read the account's trail for the time in between, which Muster did not see.
    """
    name = _name(event)
    is_ours = name.removeprefix("StackSet-").startswith(f"{settings.prefix}-")
    return is_ours and not _is_stack_set(event)
