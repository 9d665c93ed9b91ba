"""Sign-ins to the console."""

import re

from contract.actor import HIDDEN
from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from hub.detections.callers import MINUTE
from hub.detections.detection import calls, detection
from hub.detections.iam.principals import CALLING_USER
from hub.detections.window import Window

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
    Response: ask the account owner. If it was not they, check that root has MFA and that its mailbox is in the right
    hands, and watch for a sign-in that succeeds; three failures in a row are a finding of their own.
    """
    return event.actor.is_root and event.response.text("ConsoleLogin") == "Failure"


@detection(
    title="{count} sign-ins as root to the console of account {account} failed within {minutes} minutes",
    severity=Severity.CRITICAL,
    api_calls=CONSOLE_LOGIN,
    failures=True,
    window=Window(by=lambda event: (event.account_id,), seconds=15 * MINUTE, count=3),
    attack="T1110.001",
    cis="monitoring.signin_failures",
)
def root_login_failure_burst(event: CloudTrailEvent) -> bool:
    """Somebody tries passwords for the account's root user.

    False positives: the person who holds the password mistypes it again and again.
    Response: call the account owner now. If it is not they: set a new root password, check that root has MFA and no
    access key, and look at the mailbox of the root address, which is how the password can be reset.
    """
    return event.actor.is_root and event.response.text("ConsoleLogin") == "Failure"


def _address_and_user(event: CloudTrailEvent) -> tuple[str, ...]:
    """The name is hidden when no such user exists, so the address is counted too."""
    name = event.identity.text("userName")
    known = name and name != HIDDEN
    return (f"address {event.source_ip}", *((f"user {event.account_id}/{name}",) if known else ()))


@detection(
    title="{count} console sign-ins failed within {minutes} minutes in account {account}, from {sourceIPAddress}",
    severity=Severity.MEDIUM,
    api_calls=CONSOLE_LOGIN,
    resource=CALLING_USER,
    failures=True,
    window=Window(by=_address_and_user, seconds=10 * MINUTE, count=5),
    attack="T1110",
    cis="monitoring.signin_failures",
)
def login_failure_burst(event: CloudTrailEvent) -> bool:
    """One address, or attempts on one user, failed to sign in again and again: passwords are being guessed.

    False positives: a person who forgot the password; an office behind one address on a Monday morning.
    Response: look in CloudTrail whether a sign-in from that address succeeded afterwards. If one did, disable the
    user's password and keys and review the session. If not, make sure that the user has MFA.
    """
    return event.response.text("ConsoleLogin") == "Failure"


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
    Response: ask the user whether it was they. If not, delete the login profile (iam:DeleteLoginProfile), deactivate
    the keys and read what the session did. If so, have them register a device, and enforce MFA by a policy that
    denies everything else without it.
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
    Response: ask the owner of the root mailbox at once, by telephone. If it was not they, secure the mailbox (password,
    forwarding rules), then check root's MFA: whoever reads that mailbox owns the account.
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
    Response: confirm with the account owner by telephone. If nobody knows of it, try to reset the password by the root
    mailbox; if that fails, open a case with AWS Support for a compromised account, now.
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
    Response: treat the instance as taken over. Revoke the role's sessions (IAM console, role, Revoke sessions), isolate
    the instance by a security group without rules, keep its disks for the investigation, and read in CloudTrail
    what the session did.
    """
    return event.actor.type == "AssumedRole" and bool(_INSTANCE_SESSION.search(event.actor.arn))
