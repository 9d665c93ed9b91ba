"""Secrets."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import policy_of
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import let_in, shared_with

_SECRET = ResourceArn(
    "arn:{partition}:secretsmanager:{region}:{account}:secret:{id}",
    ("responseElements.arn", "requestParameters.secretId"),
)


@detection(
    title="Secret {resource} of account {account} may be read by everybody",
    severity=Severity.HIGH,
    api_calls=calls("secretsmanager", "PutResourcePolicy"),
    resource=_SECRET,
    family="secretsmanager.policy",
    attack="T1098",
)
def policy_public(event: CloudTrailEvent) -> bool:
    """The secret's policy allows everyone, and no condition narrows it.

    False positives: none known.
    Response: delete the policy and rotate the secret.
    """
    return policy_of(event.request.get("resourcePolicy")).is_public


@detection(
    title="Secret {resource} of account {account} may be read by {with}",
    severity=Severity.HIGH,
    api_calls=calls("secretsmanager", "PutResourcePolicy"),
    resource=_SECRET,
    family="secretsmanager.policy",
    attack="T1098",
)
def policy_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """An account outside the organization may use the secret by its policy; it also needs the secret's key.

    False positives: partners, until trusted_accounts names their accounts.
    Response: ask the secret's owner. Otherwise delete the policy (Secrets Manager console, Resource permissions), see
    whether the key's policy lets them in too, and rotate the secret.
    """
    return shared_with(let_in(policy_of(event.request.get("resourcePolicy")), event, settings))


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
