"""IAM Identity Center."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import policy_of
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.iam.principals import is_admin_policy

_PERMISSION_SET = ResourceArn("{id}", ("requestParameters.permissionSetArn",))
# CloudTrail writes both.
_CONFIGURATION = ("UpdateSSOConfiguration", "UpdateSsoConfiguration")


@detection(
    title="{requestParameters.principalType} {requestParameters.principalId} got permission set {resource} in account "
    "{requestParameters.targetId}",
    severity=Severity.MEDIUM,
    api_calls=calls("sso", "CreateAccountAssignment"),
    resource=_PERMISSION_SET,
    attack="T1098.003",
    lookup="permission_set",
)
def admin_permission_set_assigned(_event: CloudTrailEvent) -> bool:
    """Somebody may now enter an account; HIGH when the permission set makes administrators, closed when it does not.

    False positives: new colleagues, new accounts.
    Response: check for the request behind it. If there is none, delete the assignment (sso:DeleteAccountAssignment) and
    end the person's sessions in IAM Identity Center; what they may do stays possible until the session is over.
    """
    return True


@detection(
    title="Permission set {resource} grants administrator rights",
    severity=Severity.HIGH,
    api_calls=calls(
        "sso",
        "AttachManagedPolicyToPermissionSet",
        "PutInlinePolicyToPermissionSet",
        "AttachCustomerManagedPolicyReferenceToPermissionSet",
    ),
    resource=_PERMISSION_SET,
    attack="T1098.003",
)
def admin_policy_in_permission_set(event: CloudTrailEvent) -> bool:
    """A permission set makes its holders administrators of every account it is provisioned to.

    False positives: the organization's administrator permission set, once.
    Response: see who is assigned the set, and in which accounts (sso:ListAccountAssignments). If it was not planned,
    take the policy out and provision the set again, then review what its holders did.
    """
    is_managed = is_admin_policy(event.request.text("managedPolicyArn"))
    return is_managed or policy_of(event.request.get("inlinePolicy")).is_admin


@detection(
    title="Where IAM Identity Center of account {account} finds its people was changed ({eventName})",
    severity=Severity.CRITICAL,
    api_calls=(
        *calls("sso", "AssociateDirectory", "DisassociateDirectory"),
        *calls(
            "sso-directory",
            "EnableExternalIdPConfigurationForDirectory",
            "DisableExternalIdPConfigurationForDirectory",
            "CreateExternalIdPConfigurationForDirectory",
            "UpdateExternalIdPConfigurationForDirectory",
        ),
    ),
    attack="T1484.002",
)
def identity_source_changed(_event: CloudTrailEvent) -> bool:
    """Whoever controls the new source can sign in as anybody, in every account.

    False positives: the planned move to another identity provider.
    Response: confirm with the identity team now. If they do not know of it, put the source back, end all sessions of
    Identity Center, and review sign-ins and assignments since: anybody's may be forged.
    """
    return True


@detection(
    title="MFA or session settings of IAM Identity Center of account {account} changed ({eventName})",
    severity=Severity.HIGH,
    api_calls=(
        *calls("sso", *_CONFIGURATION),
        *calls("sso-directory", "PutMfaDeviceManagementForDirectory", "DeleteMfaDeviceForUser"),
    ),
    attack="T1556.006",
)
def mfa_settings_changed(event: CloudTrailEvent) -> bool | Match:
    """Second factors are asked for differently, or somebody's was deleted: a stolen password may now be enough.

    False positives: a new telephone.
    Response: ask the person whose device it is, or the identity team. Put the setting back, or have the person register
    again; if nobody knows of it, disable the user and end their sessions.
    """
    return Match(severity=Severity.MEDIUM) if event.request.text("configurationType") == "SESSION" else True


def _is_provisioned(event: CloudTrailEvent) -> bool:
    """Whether the identity provider wrote it by SCIM, whose calls carry a token instead of an AWS identity."""
    return event.actor.type in {"Unknown", "WebIdentityUser"}


@detection(
    title="Users or groups of IAM Identity Center of account {account} changed by {actor} ({eventName})",
    severity=Severity.LOW,
    api_calls=(
        *calls("sso-directory", "CreateUser", "CreateGroup", "AddMemberToGroup", "UpdatePassword"),
        *calls("identitystore", "CreateUser", "CreateGroup", "CreateGroupMembership"),
    ),
    resource=ResourceArn(
        "arn:{partition}:identitystore::{account}:identitystore/{id}", ("requestParameters.identityStoreId",)
    ),
    attack="T1136.003",
)
def directory_membership_changed(event: CloudTrailEvent) -> bool | Match:
    """Somebody new may sign in, or someone got a group's rights or a password; what SCIM provisions is only stored.

    False positives: a directory that is kept by hand.
    Response: ask the identity team; see what the group may do (`ListAccountAssignmentsForPrincipal`), and take the
    user out of it, or delete the user, if nobody asked for it.
    """
    return Match(severity=Severity.INFORMATIONAL) if _is_provisioned(event) else True
