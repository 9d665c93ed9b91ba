"""Users, and what they sign in with."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode, Severity
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.iam.principals import CALLING_USER, PRINCIPAL, USER

_PASSWORD_RULES = (
    "requireSymbols",
    "requireNumbers",
    "requireUppercaseCharacters",
    "requireLowercaseCharacters",
)
_MINIMUM_LENGTH = 14
_MFA_DEVICE = ResourceArn(
    "arn:{partition}:iam::{account}:mfa/{id}",
    ("requestParameters.serialNumber", "responseElements.virtualMFADevice.serialNumber"),
    fallback=USER,
)


def _is_about_another_user(event: CloudTrailEvent, named: str) -> bool:
    return bool(named) and named != event.identity.text("userName")


@detection(
    title="IAM user {resource} created in account {account}",
    severity=Severity.MEDIUM,
    api_calls=calls("iam", "CreateUser"),
    resource=USER,
    family="iam.credential",
    attack="T1136.003",
)
def user_created(_event: CloudTrailEvent) -> bool:
    """A long-lived identity was made in the account.

    False positives: infrastructure as code that still makes users.
    Response: ask the creator what it is for; roles or IAM Identity Center are better. If nobody claims it, delete its
    keys and its password, then the user, and look at what else the creator made.
    """
    return True


@detection(
    title="Instance or function {actor} called {eventName} in account {account}",
    severity=Severity.HIGH,
    api_calls=calls("iam", "CreateUser", "CreateAccessKey", "CreateLoginProfile", "AttachUserPolicy"),
    resource=USER,
    family="iam.credential",
    attack="T1136.003",
)
def user_created_by_instance(event: CloudTrailEvent) -> bool:
    """A machine's role made a user or a credential: how an intruder on a machine keeps a way back in.

    False positives: a function whose job it is to make users.
    Response: delete the user or deactivate the key first. Then isolate the machine, revoke the role's sessions, and
    look at what runs on it and at what else the role did; take iam:Create* away from the role.
    """
    return event.actor.is_instance or "exec-env/AWS_Lambda" in event.user_agent


@detection(
    title="Access key created for IAM user {resource} of account {account}",
    severity=Severity.MEDIUM,
    api_calls=calls("iam", "CreateAccessKey"),
    resource=USER,
    family="iam.credential",
    attack="T1098.001",
)
def access_key_created(event: CloudTrailEvent) -> bool:
    """A long-lived key was made; until somebody deletes it, whoever has it has the user's rights.

    False positives: key rotation.
    Response: ask the user. A key that nobody asked for is deactivated first (iam:UpdateAccessKey), then its use is read
    in CloudTrail by its id, then it is deleted.
    """
    return not event.actor.is_root


@detection(
    title="IAM user {actor} created an access key for {resource} in account {account}",
    severity=Severity.HIGH,
    api_calls=calls("iam", "CreateAccessKey"),
    resource=USER,
    family="iam.credential",
    attack="T1098.001",
)
def access_key_created_for_other_user(event: CloudTrailEvent) -> bool:
    """A user made a key for somebody else: a way to act under another name.

    False positives: user administrators; infrastructure as code that runs as a user.
    Response: ask both users. If the other one has not asked for it, deactivate the key (iam:UpdateAccessKey), read in
    CloudTrail what it did by its id, and end the creator's sessions and keys too.
    """
    named = event.response.text("accessKey.userName") or event.request.text("userName")
    return event.actor.type == "IAMUser" and _is_about_another_user(event, named)


@detection(
    title="Access key of IAM user {resource} of account {account} made active again",
    severity=Severity.LOW,
    api_calls=calls("iam", "UpdateAccessKey"),
    resource=USER,
    family="iam.credential",
    attempts=True,
    attack="T1098.001",
)
def access_key_reactivated(event: CloudTrailEvent) -> bool:
    """A key that had been switched off works again.

    False positives: a rotation that was rolled back.
    Response: find out why the key was off; if that was an incident, switch it off again.
    """
    return event.request.text("status") == "Active"


@detection(
    title="Console password created for IAM user {resource} of account {account}",
    severity=Severity.MEDIUM,
    api_calls=calls("iam", "CreateLoginProfile"),
    resource=USER,
    family="iam.credential",
    attack="T1098",
)
def login_profile_created(event: CloudTrailEvent) -> bool:
    """A user who could not sign in to the console now can.

    False positives: a new colleague in an account without IAM Identity Center.
    Response: ask the creator. A service user needs no console: delete the password (iam:DeleteLoginProfile). If nobody
    knows of it, look for sign-ins of the user since, and at what else the creator did.
    """
    return "userName" in event.request


@detection(
    title="{actor} changed the console password of IAM user {resource} of account {account}",
    severity=Severity.HIGH,
    api_calls=calls("iam", "UpdateLoginProfile"),
    resource=USER,
    family="iam.credential",
    attack="T1098",
)
def login_profile_changed_by_other(event: CloudTrailEvent) -> bool:
    """Somebody set another user's console password, and so can sign in as them.

    False positives: help desk resets.
    Response: ask the user whether they wanted it. If not, reset the password again, end the caller's sessions, and read
    what the user did in the console since: it may not have been the user.
    """
    return _is_about_another_user(event, event.request.text("userName"))


@detection(
    title="Long-lived service credential created for IAM user {resource} of account {account}",
    severity=Severity.MEDIUM,
    api_calls=calls("iam", "CreateServiceSpecificCredential", "UploadSSHPublicKey", "UploadSigningCertificate"),
    resource=USER,
    attack="T1098.001",
)
def service_specific_credential_created(_event: CloudTrailEvent) -> bool:
    """A credential that access-key reviews overlook was made: CodeCommit, Keyspaces, or a Bedrock API key.

    False positives: developers who use CodeCommit by SSH.
    Response: ask the user. Delete what nobody asked for (iam:DeleteServiceSpecificCredential); reviews of access keys
    do not see it. A Bedrock key costs money by the minute: look at the calls that it made.
    """
    return True


@detection(
    title="MFA device of {resource} in account {account} switched off",
    severity=Severity.HIGH,
    api_calls=calls("iam", "DeactivateMFADevice", "DeleteVirtualMFADevice"),
    resource=_MFA_DEVICE,
    attack="T1556.006",
)
def mfa_deactivated(event: CloudTrailEvent) -> bool | Match:
    """A second factor was taken away; CRITICAL when it was root's.

    False positives: a new telephone; the clean-up of a device that was never enabled.
    Response: call the user at once. If it was not they, delete the password, deactivate the keys, register the device
    again and read what was done since: whoever took it away can sign in with the password alone. Of root, treat the
    account as taken over.
    """
    is_root = event.request.text("serialNumber").endswith("root-account-mfa-device")
    return Match(severity=Severity.CRITICAL) if is_root else True


@detection(
    title="{actor} registered an MFA device in account {account} from a temporary session",
    severity=Severity.MEDIUM,
    api_calls=calls("iam", "CreateVirtualMFADevice", "EnableMFADevice"),
    resource=_MFA_DEVICE,
    attack="T1098.005",
)
def mfa_registered_with_session(event: CloudTrailEvent) -> bool:
    """A device was registered with a user's temporary credentials, outside the console.

    False positives: command-line tools that set up MFA.
    Response: ask the user whether the device is theirs. If not, deactivate it (iam:DeactivateMFADevice), replace the
    key whose session registered it, and read what that session did: a stolen session stays this way.
    """
    is_temporary = event.identity.text("accessKeyId").startswith("ASIA")
    is_console = event.record.is_true("sessionCredentialFromConsole")
    return event.actor.type == "IAMUser" and is_temporary and not is_console


@detection(
    title="Password policy of account {account} deleted or weakened",
    severity=Severity.MEDIUM,
    api_calls=calls("iam", "DeleteAccountPasswordPolicy", "UpdateAccountPasswordPolicy"),
    attack="T1556",
)
def password_policy_weakened(event: CloudTrailEvent) -> bool:
    """Passwords may be weaker than the baseline; a parameter that is left out means AWS's default, six characters.

    False positives: an account without console users.
    Response: put the organization's password policy back (iam:UpdateAccountPasswordPolicy with every parameter) and ask
    the actor; passwords that were set meanwhile may be weak.
    """
    if event.name == "DeleteAccountPasswordPolicy":
        return True
    length = event.request.text("minimumPasswordLength", "0")
    is_short = not length.isdecimal() or int(length) < _MINIMUM_LENGTH
    return is_short or not all(event.request.is_true(rule) for rule in _PASSWORD_RULES)


@detection(
    title="IAM identity {resource} of account {account} deleted",
    severity=Severity.LOW,
    api_calls=calls("iam", "DeleteUser", "DeleteRole", "DeleteGroup"),
    resource=PRINCIPAL,
    mode=Mode.MONITOR,
    attack="T1531",
)
def deleted_identity(_event: CloudTrailEvent) -> bool:
    """A user, role or group was deleted.

    False positives: infrastructure as code, all day long.
    Response: only in an investigation: see what the identity had done before.
    """
    return True


@detection(
    title="IAM user {resource} of account {account} changed their own password",
    severity=Severity.LOW,
    api_calls=calls("iam", "ChangePassword"),
    resource=CALLING_USER,
    mode=Mode.MONITOR,
    attack="T1098",
)
def password_changed(_event: CloudTrailEvent) -> bool:
    """A user has another console password.

    False positives: every password that expired.
    Response: only in an investigation: a stolen session changes the password to stay.
    """
    return True


@detection(
    title="Membership of IAM group {requestParameters.groupName} of account {account} changed ({eventName})",
    severity=Severity.LOW,
    api_calls=calls("iam", "AddUserToGroup", "RemoveUserFromGroup", "CreateGroup"),
    resource=PRINCIPAL,
    family="iam.group",
    mode=Mode.MONITOR,
    attack="T1098.003",
)
def group_changed(_event: CloudTrailEvent) -> bool:
    """A group was made, or got or lost a user, who has its rights from then on, or no longer.

    False positives: user administration.
    Response: only in an investigation: it is the trace of who gave whom which rights.
    """
    return True
