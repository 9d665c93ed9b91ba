"""What identities may do."""

import re

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode, Severity
from contract.policy import policy_of
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection
from hub.detections.iam.principals import POLICY, PRINCIPAL, is_admin_policy

_FAMILY = "iam.policy"
_CIS = "monitoring.iam_policy_changes"
_QUARANTINE = "AWSCompromisedKeyQuarantine"
_OLD_QUARANTINE = "AWSExposedCredentialPolicy_DO_NOT_REMOVE"
_ADMIN_GROUP = re.compile(r"admin|root|power|ops", re.IGNORECASE)
# Exactly the metric filter of CIS AWS Foundations Benchmark 4.4 (5.4 since version 6).
_CHANGES = calls(
    "iam",
    "DeleteGroupPolicy",
    "DeleteRolePolicy",
    "DeleteUserPolicy",
    "PutGroupPolicy",
    "PutRolePolicy",
    "PutUserPolicy",
    "CreatePolicy",
    "DeletePolicy",
    "CreatePolicyVersion",
    "DeletePolicyVersion",
    "AttachRolePolicy",
    "DetachRolePolicy",
    "AttachUserPolicy",
    "DetachUserPolicy",
    "AttachGroupPolicy",
    "DetachGroupPolicy",
)


def _is_quarantine(event: CloudTrailEvent) -> bool:
    name = event.request.text("policyName")
    is_named = name == _OLD_QUARANTINE or name.startswith(_QUARANTINE)
    return is_named or _QUARANTINE in event.request.text("policyArn")


@detection(
    title="AWS quarantined a leaked access key of IAM user {resource} of account {account}",
    severity=Severity.CRITICAL,
    api_calls=calls("iam", "AttachUserPolicy", "PutUserPolicy"),
    resource=PRINCIPAL,
    family=_FAMILY,
    attack="T1552.001",
)
def compromised_key_quarantine(event: CloudTrailEvent) -> bool:
    """AWS found the user's key in public and put its quarantine policy on the user.

    False positives: none; somebody may attach the policy by hand in a drill.
    Response: deactivate the user's keys now (iam:UpdateAccessKey); AWS Health and the support case name the one that
    leaked. Read everything it did in every Region, undo what it made, then give the user a new key and remove the
    leak. The quarantine stops only part of what a key can do.
    """
    return _is_quarantine(event)


@detection(
    title="Quarantine policy of AWS removed from IAM user {resource} of account {account}",
    severity=Severity.HIGH,
    api_calls=calls("iam", "DetachUserPolicy", "DeleteUserPolicy"),
    resource=PRINCIPAL,
    family=_FAMILY,
    attack="T1562.001",
)
def quarantine_removed(event: CloudTrailEvent) -> bool:
    """The policy that holds a leaked key back was taken away.

    False positives: the end of the clean-up after a leak.
    Response: check that the leaked key is deleted (iam:ListAccessKeys of the user). If it is not, put the policy back
    (iam:AttachUserPolicy) and deactivate the key; ask the actor why.
    """
    return _is_quarantine(event)


@detection(
    title="Administrator policy attached to {resource} in account {account}",
    severity=Severity.HIGH,
    api_calls=calls("iam", "AttachUserPolicy", "AttachRolePolicy", "AttachGroupPolicy"),
    resource=PRINCIPAL,
    family=_FAMILY,
    attack="T1098.003",
    cis=_CIS,
)
def admin_policy_attached(event: CloudTrailEvent) -> bool:
    """An AWS managed policy that makes its holder an administrator was attached.

    False positives: landing zones and StackSets execution roles.
    Response: ask the actor for the reason. If there is none, detach the policy, end the holder's and the actor's
    sessions, and review what the holder did with it: new users, keys and roles above all.
    """
    return is_admin_policy(event.request.text("policyArn"))


@detection(
    title="Inline policy of {resource} in account {account} grants administrator rights",
    severity=Severity.HIGH,
    api_calls=calls("iam", "PutUserPolicy", "PutRolePolicy", "PutGroupPolicy"),
    resource=PRINCIPAL,
    family=_FAMILY,
    attack="T1098.003",
    cis=_CIS,
)
def inline_policy_admin(event: CloudTrailEvent) -> bool:
    """An inline policy allows everything, or everything of IAM, on every resource.

    False positives: bootstrap roles of deployment tools.
    Response: ask the actor for the reason. If there is none, delete the policy, end the holder's and the actor's
    sessions, and review what the holder did with it: new users, keys and roles above all.
    """
    return policy_of(event.request.get("policyDocument")).is_admin


@detection(
    title="Managed policy {resource} of account {account} grants administrator rights",
    severity=Severity.HIGH,
    api_calls=calls("iam", "CreatePolicy", "CreatePolicyVersion"),
    resource=POLICY,
    family=_FAMILY,
    attack="T1098.003",
    cis=_CIS,
)
def policy_admin_created(event: CloudTrailEvent) -> bool:
    """A managed policy, or a new version of one, allows everything, or everything of IAM, on every resource.

    False positives: an organization's own administrator policy.
    Response: see who holds the policy (iam:ListEntitiesForPolicy). If nobody needs it, set the former version as
    default or delete the policy, and review what its holders did meanwhile.
    """
    return policy_of(event.request.get("policyDocument")).is_admin


@detection(
    title="Default version of policy {resource} of account {account} switched",
    severity=Severity.MEDIUM,
    api_calls=calls("iam", "SetDefaultPolicyVersion"),
    resource=POLICY,
    family=_FAMILY,
    attack="T1098.003",
    lookup="policy_version",
)
def default_policy_version_set(_event: CloudTrailEvent) -> bool:
    """Another version of a managed policy took effect; HIGH when a look-up finds administrator rights in it.

    False positives: a rolled-back change.
    Response: compare the two versions (iam:GetPolicyVersion). If the new default is wider and nobody asked for it, set
    the old one back (iam:SetDefaultPolicyVersion) and read what its holders did since.
    """
    return True


@detection(
    title="IAM policy of {resource} in account {account} changed",
    severity=Severity.LOW,
    api_calls=_CHANGES,
    resource=PRINCIPAL,
    family=_FAMILY,
    mode=Mode.MONITOR,
    attack="T1098.003",
    cis=_CIS,
)
def policy_changed(_event: CloudTrailEvent) -> bool:
    """A policy was created, changed, attached or detached.

    False positives: infrastructure as code, all day long.
    Response: only in an investigation: it is the trace of who gave whom which rights.
    """
    return True


@detection(
    title="Permissions boundary of {resource} in account {account} removed or replaced",
    severity=Severity.HIGH,
    api_calls=calls(
        "iam",
        "DeleteUserPermissionsBoundary",
        "DeleteRolePermissionsBoundary",
        "PutUserPermissionsBoundary",
        "PutRolePermissionsBoundary",
    ),
    resource=PRINCIPAL,
    attack="T1098.003",
)
def permissions_boundary_removed(_event: CloudTrailEvent) -> bool:
    """The limit of what an identity can ever be allowed was taken away or moved.

    False positives: the roll-out of a new boundary.
    Response: ask the actor, and put the boundary back (iam:PutRolePermissionsBoundary or PutUserPermissionsBoundary).
    See in CloudTrail what the identity did without it, roles and policies that it made above all.
    """
    return True


@detection(
    title="IAM user {requestParameters.userName} of account {account} added to group {requestParameters.groupName}",
    severity=Severity.MEDIUM,
    api_calls=calls("iam", "AddUserToGroup"),
    resource=ResourceArn("arn:{partition}:iam::{account}:user/{id}", ("requestParameters.userName",)),
    family="iam.group",
    attack="T1098.003",
    lookup="admin_group",
)
def user_added_to_admin_group(event: CloudTrailEvent) -> bool:
    """A user joined a group whose name says administrator; HIGH when its policies do too, closed when they do not.

    False positives: a new colleague of the people who run the account.
    Response: ask the actor for the reason; take the user out of the group if there is none, and read what they did.
    """
    return bool(_ADMIN_GROUP.search(event.request.text("groupName")))
