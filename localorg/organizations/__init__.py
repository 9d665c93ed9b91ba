"""The Organizations API: one organization for all accounts, real paging, and reads for delegated administrators."""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import organizations

from localorg import organization, patches
from localorg.answers import Response, refusal, success
from localorg.organizations import administrators, changes, policies, reads, resource_policies
from localorg.organizations.answers import OrganizationsError, Payload
from localorg.seed import MANAGEMENT

Operation = Callable[[Payload], dict[str, Any]]

# What is looked at before MiniStack's own operation runs.
CHECKS: dict[str, Callable[[Payload], None]] = {
    "AttachPolicy": policies.check_attachment,
    "CreatePolicy": policies.check_content,
    "UpdatePolicy": policies.check_content,
}
STRANGER = OrganizationsError("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
DENIED = OrganizationsError("AccessDeniedException", "You don't have permissions to access this resource.")

OPERATIONS: dict[str, Operation] = {
    "CloseAccount": changes.close_account,
    "CreateAccount": changes.create_account,
    "CreateOrganization": changes.refuse_organization,
    "CreateOrganizationalUnit": changes.create_ou,
    "DeleteOrganizationalUnit": changes.delete_ou,
    "DeleteResourcePolicy": resource_policies.delete_policy,
    "DeregisterDelegatedAdministrator": administrators.deregister_administrator,
    "DescribeAccount": reads.describe_account,
    "DescribeResourcePolicy": resource_policies.describe_policy,
    "DisableAWSServiceAccess": administrators.disable_service,
    "EnableAWSServiceAccess": administrators.enable_service,
    "ListAWSServiceAccessForOrganization": administrators.list_services,
    "ListAccounts": reads.list_accounts,
    "ListAccountsForParent": reads.list_accounts_for_parent,
    "ListChildren": reads.list_children,
    "ListDelegatedAdministrators": administrators.list_administrators,
    "ListDelegatedServicesForAccount": administrators.list_delegated_services,
    "ListOrganizationalUnitsForParent": reads.list_ous_for_parent,
    "ListParents": reads.list_parents,
    "ListRoots": reads.list_roots,
    "ListTagsForResource": reads.list_tags,
    "MoveAccount": changes.move_account,
    "PutResourcePolicy": resource_policies.put_policy,
    "RegisterDelegatedAdministrator": administrators.register_administrator,
    "UpdateOrganizationalUnit": changes.update_ou,
}


def may_call(account: str, operation: str) -> bool:
    """The management account may do everything, a delegated administrator read, any member describe the organization.

    The organization's resource policy lets members do more.
    https://docs.aws.amazon.com/organizations/latest/userguide/services-that-can-integrate.html
    """
    if account == MANAGEMENT or operation == "DescribeOrganization":
        return True
    if organization.is_delegated(account) and operation.startswith(("Describe", "List")):
        return True
    return resource_policies.allows(account, operation)


def answered(operation: Operation) -> Callable[[Payload], Response]:
    """MiniStack's form of one of ours: a response instead of a result or an error."""

    def answer(payload: Payload) -> Response:
        try:
            return success(operation(payload))
        except OrganizationsError as error:
            return refusal(error)

    return answer


def guarded(name: str, operation: Callable[[Payload], Response]) -> Callable[[Payload], Response]:
    """Run an operation for whoever may call it, always on the one organization."""

    def call(payload: Payload) -> Response:
        caller = get_account_id()
        if organization.organization_id_of(caller) is None:
            return refusal(STRANGER)
        if not may_call(caller, name):
            return refusal(DENIED)
        with organization.as_management():
            try:
                CHECKS.get(name, _nothing)(payload)
            except OrganizationsError as error:
                return refusal(error)
            return operation(payload)

    return call


def _nothing(_payload: Payload) -> None:
    """No check."""


def install() -> None:
    """Put our operations before MiniStack's and guard all of them."""
    patches.require(organizations, "_ensure_org", '_orgs["self"] = {', "_attachments[FULL_ACCESS_POLICY_ID]")
    patches.require(organizations, "handle_request", "_DISPATCH.get(op)", "return fn(payload)")
    table = organizations._DISPATCH
    table.update({name: answered(operation) for name, operation in OPERATIONS.items()})
    for name, operation in table.items():
        table[name] = guarded(name, operation)
