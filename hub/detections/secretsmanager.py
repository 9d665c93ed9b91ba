"""Secrets."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import policy_of
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection

_SECRET = ResourceArn(
    "arn:{partition}:secretsmanager:{region}:{account}:secret:{id}",
    ("responseElements.arn", "requestParameters.secretId"),
)


@detection(
    title="Secret {resource} of account {account} may be read by everybody",
    severity=Severity.HIGH,
    api_calls=calls("secretsmanager", "PutResourcePolicy"),
    resource=_SECRET,
    attack="T1098",
)
def policy_public(event: CloudTrailEvent) -> bool:
    """The secret's policy allows everyone, and no condition narrows it.

    False positives: none known.
    Response: delete the policy and rotate the secret.
    """
    return policy_of(event.request.get("resourcePolicy")).is_public


@detection(
    title="Secret {resource} of account {account} deleted without a recovery window",
    severity=Severity.MEDIUM,
    api_calls=calls("secretsmanager", "DeleteSecret"),
    resource=_SECRET,
    attack="T1485",
)
def secret_deleted(event: CloudTrailEvent) -> bool:
    """The secret is gone for good.

    False positives: the clean-up of test stacks.
    Response: ask the actor; whatever used the secret needs a new one.
    """
    return event.request.is_true("forceDeleteWithoutRecovery")
