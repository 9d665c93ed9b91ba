"""Amazon Detective."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection


@detection(
    title="Detective's graph of account {account} deleted, or accounts taken out of it ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=calls(
        "detective", "DeleteGraph", "DisassociateMembership", "DeleteMembers", "DisableOrganizationAdminAccount"
    ),
    resource=ResourceArn("{id}", ("requestParameters.graphArn",)),
    attack="T1562.001",
)
def deleted(_event: CloudTrailEvent) -> bool:
    """What investigations lean on is gone, or no longer fed; a deleted graph's history does not come back.

    False positives: a service that is given up to save money; an account that is closed.
    Response: ask the actor; add the account again from the administrator, or create a new graph, which begins empty:
    investigate the time before from CloudTrail and flow logs.
    """
    return True
