"""Identities and their rights."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import detection

USER = ResourceArn(
    "arn:{partition}:iam::{account}:user/{id}",
    ("responseElements.user.arn", "requestParameters.userName", "userIdentity.userName"),
)


@detection(
    title="IAM user {requestParameters.userName} created",
    severity=Severity.MEDIUM,
    api_calls=("iam.amazonaws.com:CreateUser",),
    resource=USER,
    attack="T1136.003",
)
def user_created(event: CloudTrailEvent) -> bool:
    """A long-lived identity was made in the account.

    False positives: infrastructure as code that still makes users.
    Response: ask the creator what it is for; prefer roles or IAM Identity Center; delete it if nobody claims it.
    """
    return "userName" in event.request
