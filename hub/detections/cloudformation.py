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
# What `muster deploy` does itself; it never touches the stacks that StackSets keeps.
_DEPLOYING = {
    "CreateChangeSet": Severity.LOW,
    "ExecuteChangeSet": Severity.MEDIUM,
    "UpdateStackSet": Severity.MEDIUM,
}
_BY_STACK_SET = "StackSet-"


def _name(event: CloudTrailEvent) -> str:
    """The stack's or StackSet's name, also where the call says the stack's ARN."""
    said = event.request.text("stackName") or event.request.text("stackSetName")
    return said.rpartition(":stack/")[2].partition("/")[0]


def _is_ours(event: CloudTrailEvent, settings: DetectionSettings) -> bool:
    return settings.names.is_own(_name(event)) and not event.is_by_stack_set


def _is_foreign_template(event: CloudTrailEvent, settings: DetectionSettings) -> bool:
    """Whether a StackSet gets a template that is neither its own nor one of the organization's artefacts."""
    if event.name != "UpdateStackSet" or event.request.is_true("usePreviousTemplate"):
        return False
    accounts = {event.account_id, *settings.organization_accounts}
    buckets = tuple(f"https://{settings.names.artefact_bucket(account, '')}" for account in accounts)
    return not event.request.text("templateURL").startswith(buckets)


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
    if not is_privileged or event.is_by_stack_set:
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
    return _is_ours(event, settings)


@detection(
    title="Muster's {stack} of account {account} was changed by {actor} ({eventName})",
    severity=Severity.CRITICAL,
    api_calls=calls("cloudformation", "CreateChangeSet", "ExecuteChangeSet", "UpdateStackSet", "UpdateStackInstances"),
    resource=_STACK,
    attack="T1562.001",
)
def framework_stack_changed(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """Somebody other than StackSets changed one of Muster's stacks: it may see less from now on.

    MEDIUM (LOW for a change set that is only prepared) where `muster deploy` does the same: on the stacks of the hub
    and the management account, and on the StackSet with a template of Muster's own bucket.
    False positives: `muster deploy`; an exclusion of the role that runs it, with its account, makes them quiet.
    Response: ask the actor which rollout it was. If it was none, run `muster deploy`, which puts everything back, and
    `muster status`; read the account's trail for the time in between, and end the actor's sessions.
    """
    if not _is_ours(event, settings):
        return False
    name = _name(event)
    is_unusual = name.startswith(_BY_STACK_SET) or _is_foreign_template(event, settings)
    return Match(severity=None if is_unusual else _DEPLOYING.get(event.name), details={"stack": name})
