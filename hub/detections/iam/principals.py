"""How IAM's calls name users, roles, groups and policies."""

from contract.resource import ResourceArn

_IAM = "arn:{partition}:iam::{account}:"
CALLING_USER = ResourceArn(_IAM + "user/{id}", ("userIdentity.arn", "userIdentity.userName"))
# Calls for oneself carry no userName.
USER = ResourceArn(
    _IAM + "user/{id}", ("responseElements.user.arn", "requestParameters.userName"), fallback=CALLING_USER
)
ROLE = ResourceArn(_IAM + "role/{id}", ("responseElements.role.arn", "requestParameters.roleName"))
POLICY = ResourceArn(_IAM + "policy/{id}", ("responseElements.policy.arn", "requestParameters.policyArn"))
_GROUP = ResourceArn(_IAM + "group/{id}", ("requestParameters.groupName",), fallback=POLICY)
_ROLE_OR_GROUP = ResourceArn(ROLE.template, ROLE.paths, fallback=_GROUP)
# Who or what a policy call is about: the identity before the policy.
PRINCIPAL = ResourceArn(_IAM + "user/{id}", ("requestParameters.userName",), fallback=_ROLE_OR_GROUP)

_ADMIN_POLICIES = (
    ":policy/AdministratorAccess",
    ":policy/IAMFullAccess",
    ":policy/PowerUserAccess",
    ":policy/job-function/SystemAdministrator",
)


def is_admin_policy(arn: str) -> bool:
    """Return whether an AWS managed policy makes its holder an administrator, or lets them become one."""
    return arn.endswith(_ADMIN_POLICIES)
