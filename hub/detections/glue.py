"""Glue."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection


@detection(
    title="{actor} made or re-keyed Glue development endpoint {resource} of account {account}",
    severity=Severity.HIGH,
    api_calls=calls("glue", "CreateDevEndpoint", "UpdateDevEndpoint"),
    resource=ResourceArn(
        "arn:{partition}:glue:{region}:{account}:devEndpoint/{id}", ("requestParameters.endpointName",)
    ),
    attempts=True,
    attack="T1098.004",
)
def dev_endpoint(_event: CloudTrailEvent) -> bool:
    """A machine with a role of the account may be entered by SSH: a known way to that role's rights.

    False positives: data engineers who still work with endpoints; AWS recommends interactive sessions instead.
    Response: compare the endpoint's role with the actor's own rights; if it may do more, delete the endpoint, revoke
    the role's sessions, and read what the role did since.
    """
    return True
