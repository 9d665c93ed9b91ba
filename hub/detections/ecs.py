"""Containers on ECS."""

import re

from contract.cloudtrail import CloudTrailEvent
from contract.fields import Fields
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection

# The address that gives a task its credentials; what is fetched straight into a shell; miners.
_COMMAND = re.compile(
    r"169\.254\.170\.2|AWS_CONTAINER_CREDENTIALS|(curl|wget)[^|]{0,300}\|\s*(sudo\s+)?(ba|da|z)?sh\b|xmrig|nicehash|minerd",
    re.IGNORECASE,
)
# In units, or in processors: `8192`, `8 vCPU`, `.5 vcpu`.
_CPU = re.compile(r"(\d{0,8}\.?\d{1,3})\s*(vcpu)?", re.IGNORECASE | re.ASCII)
_UNITS = 1024
_LARGE_CPU = 8 * _UNITS


def _command(container: Fields) -> str:
    return " ".join(container.texts("entryPoint") + container.texts("command"))


def _is_large(fields: Fields) -> bool:
    asked = _CPU.fullmatch(fields.text("cpu").strip())
    return asked is not None and float(asked[1]) * (_UNITS if asked[2] else 1) >= _LARGE_CPU


@detection(
    title="Task definition {requestParameters.family} of account {account} {what}",
    severity=Severity.HIGH,
    api_calls=calls("ecs", "RegisterTaskDefinition"),
    resource=ResourceArn(
        "arn:{partition}:ecs:{region}:{account}:task-definition/{id}",
        ("responseElements.taskDefinition.taskDefinitionArn", "requestParameters.family"),
    ),
    attack="T1610",
)
def task_definition_suspicious(event: CloudTrailEvent) -> bool | Match:
    """A container is privileged, or its command asks for credentials, mines, or runs what it fetches.

    MEDIUM when it only shares the host's network or processes, or asks for eight processors and more.
    False positives: agents of monitoring and security tools, which live on the host; batch jobs of eight processors.
    Response: read the image and the command; if nobody knows them, deregister the task definition, stop the tasks that
    run it, and replace the credentials of its task role and of the actor.
    """
    containers = event.request.objects("containerDefinitions")
    if any(one.is_true("privileged") for one in containers):
        return Match(details={"what": "is privileged"})
    if any(_COMMAND.search(_command(one)) for one in containers):
        return Match(details={"what": "runs a suspicious command"})
    if "host" in (event.request.text("networkMode"), event.request.text("pidMode")):
        return Match(severity=Severity.MEDIUM, details={"what": "shares the host's network or processes"})
    if any(_is_large(one) for one in (event.request, *containers)):
        return Match(severity=Severity.MEDIUM, details={"what": "asks for eight processors or more"})
    return False
