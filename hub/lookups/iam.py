"""Whether policies that an event only names make somebody an administrator."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from contract.finding import Severity
from contract.policy import policy_of
from hub.detections.iam.principals import is_admin_policy
from hub.lookups.lookup import Answer, Clients, Lookup, Question, confirmed, refuted

_OF_AWS = ":iam::aws:policy/"


def policy_version(question: Question, clients: Clients) -> Answer:
    """Answer by what the version that took effect grants."""
    version = question.fact("version")
    if _is_admin_version(clients("iam"), question.resource, version):
        return confirmed(f"version {version} grants administrator rights", Severity.HIGH)
    return confirmed(f"version {version} grants no administrator rights")


def admin_group(question: Question, clients: Clients) -> Answer:
    """Answer by every policy of the group."""
    iam, group = clients("iam"), question.fact("group")
    attached = [one["PolicyArn"] for one in iam.list_attached_group_policies(GroupName=group)["AttachedPolicies"]]
    inline = list(iam.list_group_policies(GroupName=group)["PolicyNames"])
    read = partial(iam.get_group_policy, GroupName=group)
    if wide := [*_wide_attached(iam, attached), *_wide_inline(read, inline)]:
        return confirmed(f"the group's {', '.join(wide)} grants administrator rights", Severity.HIGH)
    return refuted(f"no policy of the group grants administrator rights: {', '.join([*attached, *inline]) or 'none'}")


def profile_role(question: Question, clients: Clients) -> Answer:
    """Answer by every policy of the instance profile's role."""
    iam, profile = clients("iam"), question.fact("name") or question.fact("arn").rpartition("/")[2]
    roles = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
    if not roles:
        return confirmed(f"instance profile {profile} has no role", Severity.LOW)
    role = roles[0]["RoleName"]
    attached = [one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]]
    inline = list(iam.list_role_policies(RoleName=role)["PolicyNames"])
    read = partial(iam.get_role_policy, RoleName=role)
    if wide := [*_wide_attached(iam, attached), *_wide_inline(read, inline)]:
        return confirmed(f"role {role} has administrator rights: {', '.join(wide)}")
    said = f"role {role} has no administrator rights: {', '.join([*attached, *inline]) or 'no policy'}"
    return confirmed(said, Severity.MEDIUM)


def _wide_attached(iam: Any, policies: list[str]) -> Iterator[str]:
    for arn in policies:
        if is_admin_policy(arn) or (_OF_AWS not in arn and _is_admin_now(iam, arn)):
            yield arn


def _wide_inline(read: Callable[..., Any], policies: list[str]) -> Iterator[str]:
    for name in policies:
        if policy_of(read(PolicyName=name)["PolicyDocument"]).is_admin:
            yield name


def _is_admin_now(iam: Any, policy: str) -> bool:
    return _is_admin_version(iam, policy, iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"])


def _is_admin_version(iam: Any, policy: str, version: str) -> bool:
    found = iam.get_policy_version(PolicyArn=policy, VersionId=version)["PolicyVersion"]
    return is_admin_policy(policy) or policy_of(found["Document"]).is_admin


POLICY_VERSION = Lookup(
    answer=policy_version,
    doc="HIGH when the version that took effect makes an administrator; never closed",
    actions=("iam:GetPolicyVersion",),
    facts={"version": "requestParameters.versionId"},
)
ADMIN_GROUP = Lookup(
    answer=admin_group,
    doc="HIGH when a policy of the group makes an administrator, closed when none does",
    actions=(
        "iam:GetGroupPolicy",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:ListAttachedGroupPolicies",
        "iam:ListGroupPolicies",
    ),
    facts={"group": "requestParameters.groupName"},
)
PROFILE_ROLE = Lookup(
    answer=profile_role,
    doc="MEDIUM when no policy of the profile's role makes an administrator, LOW when it has no role; never closed",
    actions=(
        "iam:GetInstanceProfile",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
    ),
    facts={
        "name": "requestParameters.iamInstanceProfile.name",
        "arn": "requestParameters.iamInstanceProfile.arn",
    },
)
