"""What the root user does."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from hub.detections.callers import is_read
from hub.detections.detection import calls, detection


def _is_for_oneself(event: CloudTrailEvent) -> bool:
    return event.actor.is_root and "userName" not in event.request


@detection(
    title="Root user of account {account} was active ({eventName})",
    severity=Severity.HIGH,
    api_calls=("*:*",),
    only={"userIdentity": {"type": ["Root"]}},
    family="root",
    attack="T1078.004",
    cis="monitoring.root_usage",
)
def activity(event: CloudTrailEvent) -> bool:
    """The root user signed in or changed something; sessions made by sts:AssumeRoot have a detection of their own.

    False positives: tasks that only root may do (closing the account, support plans, restoring a bucket policy).
    Response: confirm with the account owner by telephone. If nobody knows of it, reset the root password, check root's
    MFA and keys, undo the change, and review everything that root did in this session.
    """
    is_call = event.record.text("eventType") == "AwsApiCall" and not is_read(event)
    is_sign_in = event.response.text("ConsoleLogin") == "Success"
    is_assumed = event.identity.is_true("sessionContext.assumedRoot")
    return event.actor.is_root and (is_call or is_sign_in) and not is_assumed and not event.invoked_by


@detection(
    title="Access key created for the root user of account {account}",
    severity=Severity.CRITICAL,
    api_calls=calls("iam", "CreateAccessKey"),
    family="root",
    attack="T1098.001",
    cis="monitoring.root_usage",
)
def access_key_created(event: CloudTrailEvent) -> bool:
    """The root user got an access key: full power over the account that no policy limits.

    False positives: none; nothing needs a root key.
    Response: delete the key in the root user's security credentials, or with a root session over the account. Then find
    out who was signed in as root, reset the root password, and look in CloudTrail by the key's id for what was done
    with it.
    """
    return _is_for_oneself(event)


@detection(
    title="Console password of the root user of account {account} was set by a root session",
    severity=Severity.CRITICAL,
    api_calls=calls("iam", "CreateLoginProfile", "UpdateLoginProfile"),
    family="root",
    attack="T1098",
)
def login_profile_created(event: CloudTrailEvent) -> bool:
    """A root session gave the root user a console password.

    False positives: central root access that hands an account back to its owner.
    Response: confirm with the security team that root access was handed back on purpose. Otherwise take a root session
    yourself, delete the password (iam:DeleteLoginProfile), and read what the session that set it did.
    """
    return _is_for_oneself(event)
