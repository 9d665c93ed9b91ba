"""What a permission set of IAM Identity Center grants."""

from typing import Any

from contract.finding import Severity
from contract.policy import policy_of
from hub.detections.iam.principals import is_admin_policy
from hub.lookups.lookup import Answer, Clients, Lookup, Question, confirmed, refuted


def permission_set(question: Question, clients: Clients) -> Answer:
    """Answer by the permission set's policies; customer managed ones are each account's own and stay unread."""
    sso = clients("sso-admin")
    place = {"InstanceArn": question.fact("instance"), "PermissionSetArn": question.resource}
    name = sso.describe_permission_set(**place)["PermissionSet"]["Name"]
    managed = [one["Arn"] for one in sso.list_managed_policies_in_permission_set(**place)["AttachedManagedPolicies"]]
    if wide := [*filter(is_admin_policy, managed), *_wide_inline(sso, place)]:
        return confirmed(f"{name} grants administrator rights: {', '.join(wide)}", Severity.HIGH)
    if own := _of_accounts(sso, place):
        return confirmed(f"{name} grants what each account's own policy says: {', '.join(own)}")
    return refuted(f"{name} grants no administrator rights: {', '.join(managed) or 'an inline policy at most'}")


def _wide_inline(sso: Any, place: dict[str, str]) -> list[str]:
    policy = sso.get_inline_policy_for_permission_set(**place).get("InlinePolicy", "")
    return ["its inline policy"] if policy_of(policy).is_admin else []


def _of_accounts(sso: Any, place: dict[str, str]) -> list[str]:
    found = sso.list_customer_managed_policy_references_in_permission_set(**place)
    return [str(one["Name"]) for one in found["CustomerManagedPolicyReferences"]]


PERMISSION_SET = Lookup(
    answer=permission_set,
    doc="HIGH when a policy of the set makes an administrator, closed when none does and none is the accounts' own",
    actions=(
        "sso:DescribePermissionSet",
        "sso:GetInlinePolicyForPermissionSet",
        "sso:ListCustomerManagedPolicyReferencesInPermissionSet",
        "sso:ListManagedPoliciesInPermissionSet",
    ),
    facts={"instance": "requestParameters.instanceArn"},
)
