"""Customer keys."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import policy_of
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import let_in, shared_with, strangers

_KEY = ResourceArn(
    "arn:{partition}:kms:{region}:{account}:key/{id}",
    ("resources[].ARN", "responseElements.keyMetadata.arn", "responseElements.keyId", "requestParameters.keyId"),
)


@detection(
    title="Key {resource} of account {account} disabled or scheduled for deletion",
    severity=Severity.HIGH,
    api_calls=calls("kms", "DisableKey", "ScheduleKeyDeletion"),
    resource=_KEY,
    attack="T1485",
    cis="monitoring.key_loss",
)
def key_disabled_or_deleted(_event: CloudTrailEvent) -> bool:
    """What the key encrypts cannot be read any more, and after the waiting period never again.

    False positives: the clean-up of a key that nothing uses.
    Response: cancel the deletion or enable the key first (kms:CancelKeyDeletion, EnableKey), then ask the actor. See in
    CloudTrail by the key's id who still uses it, and check that the data can be read again.
    """
    return True


@detection(
    title="Key {resource} of account {account} was deleted for good",
    severity=Severity.INFORMATIONAL,
    api_calls=calls("kms", "DeleteKey"),
    resource=_KEY,
    attack="T1485",
)
def key_deleted(_event: CloudTrailEvent) -> bool:
    """KMS deleted a key, because its waiting period is over: what it encrypts is lost from now on.

    False positives: every deletion that somebody scheduled on purpose.
    Response: only in an investigation: see who scheduled it (`kms.key_disabled_or_deleted`, one to four weeks before).
    Nothing brings the key back; if something still needs its data, restore that from a copy under another key.
    """
    return True


@detection(
    title="Key {resource} of account {account} may be used by anyone",
    severity=Severity.CRITICAL,
    api_calls=calls("kms", "PutKeyPolicy", "CreateKey"),
    resource=_KEY,
    family="kms.key_policy",
    attack="T1098",
)
def key_policy_public(event: CloudTrailEvent) -> bool:
    """The key policy lets every AWS account use or manage the key.

    False positives: none known; a condition on the calling account or organization makes it narrow.
    Response: put the former policy back (kms:PutKeyPolicy). List the grants made meanwhile (kms:ListGrants) and revoke
    them; look in CloudTrail for Decrypt by foreign accounts.
    """
    return policy_of(event.request.get("policy")).is_public


@detection(
    title="Key {resource} of account {account} may be used by {with}",
    severity=Severity.HIGH,
    api_calls=calls("kms", "PutKeyPolicy", "CreateKey"),
    resource=_KEY,
    family="kms.key_policy",
    attack="T1098",
)
def key_policy_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """An account outside the organization may use the key: the step that makes a copied disk or snapshot readable.

    False positives: backup vendors and partners, until trusted_accounts names their accounts.
    Response: ask the key's owner. Otherwise put the former policy back (KMS console, Key policy), list the key's grants
    and revoke those of the account, and look for what was shared with it: snapshots, images, buckets.
    """
    return shared_with(let_in(policy_of(event.request.get("policy")), event, settings))


@detection(
    title="{with} was granted the use of key {resource} of account {account}",
    severity=Severity.HIGH,
    api_calls=calls("kms", "CreateGrant"),
    # AWS's services make grants all day; those stay where they are made.
    only={"userIdentity": {"invokedBy": [{"exists": False}]}},
    resource=_KEY,
    attack="T1098",
)
def grant_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """A grant lets an account outside the organization use the key; the key's policy does not show it.

    False positives: backup vendors and partners, until trusted_accounts names their accounts.
    Response: ask the key's owner. Otherwise RevokeGrant with the grant's id (it stands in the event), and look for what
    was shared with the account: snapshots, images, buckets.
    """
    return not event.invoked_by and shared_with(strangers([event.request.text("granteePrincipal")], event, settings))


@detection(
    title="Rotation of key {resource} of account {account} switched off",
    severity=Severity.LOW,
    api_calls=calls("kms", "DisableKeyRotation"),
    resource=_KEY,
    attack="T1562.001",
)
def rotation_disabled(_event: CloudTrailEvent) -> bool:
    """The key is no longer rotated.

    False positives: keys that are rotated by hand.
    Response: switch rotation on again.
    """
    return True


@detection(
    title="Imported key material of {resource} of account {account} was changed",
    severity=Severity.HIGH,
    api_calls=calls("kms", "ImportKeyMaterial", "DeleteImportedKeyMaterial"),
    resource=_KEY,
    attack="T1486",
)
def imported_material(_event: CloudTrailEvent) -> bool:
    """Key material came from outside or was deleted: a way to encrypt data and take the key away.

    False positives: organizations that bring their own keys.
    Response: ask the actor. Without the material nothing that the key encrypts can be read: make sure that a copy of it
    is safe in your hands and import it again if it was deleted; copy important data to a key that AWS made.
    """
    return True
