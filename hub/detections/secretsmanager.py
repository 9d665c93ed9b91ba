"""Secrets."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import policy_of
from contract.resource import ResourceArn
from hub.detections.callers import CALLER, MINUTE, principal
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import let_in, shared_with
from hub.detections.window import Window

_SECRET = ResourceArn(
    "arn:{partition}:secretsmanager:{region}:{account}:secret:{id}",
    ("responseElements.arn", "requestParameters.secretId"),
)


def _secrets(event: CloudTrailEvent) -> list[str]:
    return event.request.texts("secretId") + event.request.texts("secretIdList")


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
    Response: delete the policy (secretsmanager:DeleteResourcePolicy) and rotate the secret. Look in CloudTrail for
    GetSecretValue of it by foreign accounts.
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
    Response: ask the actor; it cannot be restored. Whatever used the secret fails from now on: make a new one under the
    same name with new credentials, and replace the old ones where they still work.
    """
    return event.request.is_true("forceDeleteWithoutRecovery")


@detection(
    title="{actor} read {count} or more secrets of account {account} within {minutes} minutes",
    severity=Severity.HIGH,
    api_calls=calls("secretsmanager", "GetSecretValue", "BatchGetSecretValue"),
    resource=CALLER,
    attempts=True,
    window=Window(by=principal, seconds=5 * MINUTE, count=10, counting=_secrets),
    attack="T1555.006",
)
def read_burst(_event: CloudTrailEvent) -> bool:
    """One caller reads secret after secret, as no application does: each of them must be taken for known now.

    False positives: a tool that synchronises secrets, such as the external secrets operator (exclude its role).
    Response: revoke the caller's sessions, then replace every secret that the finding lists, the most powerful first;
    look in CloudTrail for what was done with them since.
    """
    return True


@detection(
    title="{actor} read the secrets of account {account} by a filter that fits nearly all of them",
    severity=Severity.HIGH,
    api_calls=calls("secretsmanager", "BatchGetSecretValue"),
    resource=CALLER,
    family="secretsmanager.read_burst",
    attempts=True,
    attack="T1555.006",
)
def read_by_exception(event: CloudTrailEvent) -> bool:
    """A filter that begins with "!" asks for all secrets but those named: a whole account's secrets in a few calls.

    False positives: none known; applications name the secrets that they need.
    Response: revoke the caller's sessions, then replace the account's secrets, the most powerful first; look in
    CloudTrail for what was done with them since.
    """
    return any(value.startswith("!") for value in event.request.texts("filters.values"))
