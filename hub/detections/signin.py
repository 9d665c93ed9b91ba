"""Sign-ins to the console."""

import re

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from hub.detections.detection import calls, detection
from hub.detections.iam.principals import CALLING_USER

CONSOLE_LOGIN = calls("signin", "ConsoleLogin")
_INSTANCE_SESSION = re.compile(r"/i-[0-9a-zA-Z]{8,17}$")


def _succeeded(event: CloudTrailEvent) -> bool:
    return event.response.text("ConsoleLogin") == "Success"


@detection(
    title="Root user signed in to the console of account {account}",
    severity=Severity.CRITICAL,
    api_calls=CONSOLE_LOGIN,
    family="root",
    attack="T1078.004",
    cis="monitoring.root_usage",
)
def root_console_login(event: CloudTrailEvent) -> bool:
    """The root user signed in to the console.

    False positives: break-glass drills.
    Response: confirm with the account owner; if nobody knows of it, reset the root password, check root's MFA and
    access keys, and review what the session did.
    """
    return event.actor.is_root and _succeeded(event)


@detection(
    title="Root sign-in to the console of account {account} failed",
    severity=Severity.HIGH,
    api_calls=CONSOLE_LOGIN,
    family="root",
    failures=True,
    attack="T1110.001",
    cis="monitoring.signin_failures",
)
def root_console_login_failed(event: CloudTrailEvent) -> bool:
    """Somebody tried to sign in as root and failed.

    False positives: a mistyped password of the person who holds it.
    Response: ask the account owner; if it was not they, check root's MFA and its mailbox.
    """
    return event.actor.is_root and event.response.text("ConsoleLogin") == "Failure"


@detection(
    title="IAM user {actor} signed in to the console of account {account} without MFA",
    severity=Severity.HIGH,
    api_calls=CONSOLE_LOGIN,
    resource=CALLING_USER,
    attack="T1078.004",
    cis="monitoring.signin_without_mfa",
)
def login_without_mfa(event: CloudTrailEvent) -> bool:
    """An IAM user signed in with nothing but a password.

    Federated sign-ins always say so, because their second factor was asked for elsewhere; they are not meant.
    False positives: a new user who has not registered a device yet.
    Response: ask the user; enforce MFA by policy; if they do not know of it, disable the password and the keys.
    """
    is_without = event.record.text("additionalEventData.MFAUsed") == "No"
    return event.actor.type == "IAMUser" and is_without and _succeeded(event)


@detection(
    title="Recovery of the root password of account {account} was requested",
    severity=Severity.HIGH,
    api_calls=calls("signin", "PasswordRecoveryRequested"),
    family="root",
    attempts=True,
    attack="T1078.004",
    cis="monitoring.root_usage",
)
def password_recovery_requested(_event: CloudTrailEvent) -> bool:
    """Somebody asked for a mail that resets the root password.

    False positives: the account owner lost the password.
    Response: ask the owner of the root mailbox at once; whoever reads that mailbox owns the account.
    """
    return True


@detection(
    title="Root password of account {account} was changed",
    severity=Severity.CRITICAL,
    api_calls=calls("signin", "PasswordUpdated"),
    family="root",
    attack="T1098",
    cis="monitoring.root_usage",
)
def root_password_changed(event: CloudTrailEvent) -> bool:
    """The root user's password was changed.

    False positives: a planned rotation.
    Response: confirm with the account owner; otherwise recover the account with AWS Support now.
    """
    return event.actor.is_root


@detection(
    title="Credentials of an instance ({actor}) were used to sign in to the console of account {account}",
    severity=Severity.HIGH,
    api_calls=calls("signin", "ConsoleLogin", "GetSigninToken"),
    attack="T1550.001",
)
def console_session_from_instance_role(event: CloudTrailEvent) -> bool:
    """An EC2 instance's role was turned into a console session: instances have no use for one.

    False positives: none known.
    Response: treat the instance as taken over: isolate it, revoke the role's sessions, review what the session did.
    """
    return event.actor.type == "AssumedRole" and bool(_INSTANCE_SESSION.search(event.actor.arn))
