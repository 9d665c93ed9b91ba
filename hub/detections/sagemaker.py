"""Notebooks."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection

_SAGEMAKER = "arn:{partition}:sagemaker:{region}:{account}:"


@detection(
    title="Notebook or Studio domain {resource} of account {account} is exposed ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=calls(
        "sagemaker",
        "CreateNotebookInstance",
        "UpdateNotebookInstance",
        "CreatePresignedNotebookInstanceUrl",
        "CreatePresignedDomainUrl",
    ),
    resource=ResourceArn(
        _SAGEMAKER + "notebook-instance/{id}",
        ("requestParameters.notebookInstanceName",),
        fallback=ResourceArn(_SAGEMAKER + "domain/{id}", ("requestParameters.domainId",)),
    ),
    attack="T1133",
)
def notebook_exposed(event: CloudTrailEvent) -> bool | Match:
    """A notebook reaches the Internet directly or gives root, or a link lets its holder in without signing in.

    A link into a Studio domain is LOW: the console makes one each time that somebody opens Studio.
    False positives: data scientists in accounts that are meant for it.
    Response: ask the actor; whoever holds the link has the notebook's role: compare its rights with the actor's. Stop
    the notebook, and make it anew in a VPC without direct Internet access and without root.
    """
    if event.name == "CreatePresignedDomainUrl":
        return Match(severity=Severity.LOW)
    if event.name == "CreatePresignedNotebookInstanceUrl":
        return True
    # Left out, the setting is "Enabled"; an update cannot change it.
    is_direct = event.name == "CreateNotebookInstance" and event.request.text("directInternetAccess") != "Disabled"
    return is_direct or event.request.text("rootAccess") == "Enabled"
