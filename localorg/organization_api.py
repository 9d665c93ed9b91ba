"""The Organizations API: one organization for all accounts, real paging, and reads for delegated administrators."""

import base64
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from ministack.core.responses import error_response_json, get_account_id
from ministack.services import organizations

from localorg import organization, patches
from localorg.organization import ADMINISTRATION
from localorg.seed import MANAGEMENT, Seed

Payload = dict[str, Any]
Operation = Callable[[Payload], dict[str, Any]]
Response = tuple[int, dict[str, str], bytes]

# AWS answers at most this many entries per page.
PAGE = 20
_created = count(1)


class OrganizationsError(Exception):
    """An answer of the API other than success: its code and its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def page(key: str, entries: list[Any], payload: Payload) -> dict[str, Any]:
    """One page of `entries` under `key`, with the NextToken of the following one."""
    try:
        start = int(base64.b64decode(payload.get("NextToken") or "MA=="))
    except ValueError:
        raise OrganizationsError("InvalidInputException", "You specified an invalid value for NextToken.") from None
    end = start + min(int(payload.get("MaxResults") or PAGE), PAGE)
    token = {"NextToken": base64.b64encode(str(end).encode()).decode()} if end < len(entries) else {}
    return {key: entries[start:end], **token}


def public(record: dict[str, Any]) -> dict[str, Any]:
    """A record without MiniStack's private fields."""
    return {key: value for key, value in record.items() if not key.startswith("_")}


def account_of(payload: Payload) -> dict[str, Any]:
    """The account that the request names."""
    account = organizations._accounts.get(payload.get("AccountId"))
    if account is None:
        raise OrganizationsError("AccountNotFoundException", "You specified an account that doesn't exist.")
    return dict(account)


def show(account: dict[str, Any]) -> dict[str, Any]:
    """An account as the API shows it."""
    above = organization.ids_above(account["_ParentId"])
    return {**public(account), "Paths": [f"{above}/{account['Id']}/"]}


def parent_in(payload: Payload, key: str, code: str) -> str:
    """The root or OU that the request names under `key`."""
    parent = payload.get(key)
    if not isinstance(parent, str) or not organization.exists(parent):
        raise OrganizationsError(code, f"You specified a parent that doesn't exist: {parent}")
    return parent


def list_accounts(payload: Payload) -> dict[str, Any]:
    """Every account of the organization."""
    return page("Accounts", [show(account) for account in organization.members()], payload)


def describe_account(payload: Payload) -> dict[str, Any]:
    """One account."""
    return {"Account": show(account_of(payload))}


def list_accounts_for_parent(payload: Payload) -> dict[str, Any]:
    """The accounts directly below a root or OU."""
    parent = parent_in(payload, "ParentId", "ParentNotFoundException")
    found = [show(account) for account in organization.members() if account["_ParentId"] == parent]
    return page("Accounts", found, payload)


def list_roots(payload: Payload) -> dict[str, Any]:
    """The one root."""
    return page("Roots", [public(root) for root in organizations._roots.values()], payload)


def list_ous_for_parent(payload: Payload) -> dict[str, Any]:
    """The OUs directly below a root or OU."""
    parent = parent_in(payload, "ParentId", "ParentNotFoundException")
    found = [public(ou) for ou in organizations._ous.values() if ou["_ParentId"] == parent]
    return page("OrganizationalUnits", found, payload)


def list_children(payload: Payload) -> dict[str, Any]:
    """The ids of the accounts or OUs directly below a root or OU."""
    parent = parent_in(payload, "ParentId", "ParentNotFoundException")
    stores = {"ACCOUNT": organizations._accounts, "ORGANIZATIONAL_UNIT": organizations._ous}
    kind = payload.get("ChildType", "")
    if kind not in stores:
        raise OrganizationsError("InvalidInputException", f"You provided an invalid value for ChildType: {kind}")
    found = [{"Id": key, "Type": kind} for key, child in stores[kind].items() if child["_ParentId"] == parent]
    return page("Children", found, payload)


def list_parents(payload: Payload) -> dict[str, Any]:
    """The root or OU above an account or OU."""
    child = payload.get("ChildId")
    record = organizations._ous.get(child) or organizations._accounts.get(child)
    if record is None:
        raise OrganizationsError("ChildNotFoundException", f"You specified a child that doesn't exist: {child}")
    kind = "ROOT" if record["_ParentId"] == organization.ROOT else "ORGANIZATIONAL_UNIT"
    return page("Parents", [{"Id": record["_ParentId"], "Type": kind}], payload)


def list_tags(payload: Payload) -> dict[str, Any]:
    """The tags of an account, OU, root or policy."""
    resource = payload.get("ResourceId")
    if not organizations._resource_exists(resource):
        raise OrganizationsError("TargetNotFoundException", f"You specified a target that doesn't exist: {resource}")
    return page("Tags", organizations._tag_list(resource), payload)


def create_ou(payload: Payload) -> dict[str, Any]:
    """Make an OU."""
    parent = parent_in(payload, "ParentId", "ParentNotFoundException")
    name = str(payload.get("Name", ""))
    if any((ou["_ParentId"], ou["Name"]) == (parent, name) for ou in organizations._ous.values()):
        raise OrganizationsError("DuplicateOrganizationalUnitException", f"An OU named {name} already exists.")
    ou = organization.add_ou(parent, name)
    organizations._tags[ou] = {tag["Key"]: tag["Value"] for tag in payload.get("Tags") or []}
    return {"OrganizationalUnit": public(organizations._ous[ou])}


def update_ou(payload: Payload) -> dict[str, Any]:
    """Rename an OU."""
    ou = organizations._ous.get(payload.get("OrganizationalUnitId"))
    if ou is None:
        raise OrganizationsError("OrganizationalUnitNotFoundException", "You specified an OU that doesn't exist.")
    ou["Name"] = payload.get("Name", ou["Name"])
    return {"OrganizationalUnit": public(ou)}


def delete_ou(payload: Payload) -> dict[str, Any]:
    """Delete an OU that is empty."""
    ou = payload.get("OrganizationalUnitId")
    if ou not in organizations._ous:
        raise OrganizationsError("OrganizationalUnitNotFoundException", "You specified an OU that doesn't exist.")
    children = [*organizations._ous.values(), *organizations._accounts.values()]
    if any(child["_ParentId"] == ou for child in children):
        raise OrganizationsError("OrganizationalUnitNotEmptyException", "The specified OU is not empty.")
    del organizations._ous[ou]
    return {}


def create_account(payload: Payload) -> dict[str, Any]:
    """Make an account below the root; it succeeds at once."""
    name, email = payload.get("AccountName"), payload.get("Email")
    if not name or not email:
        raise OrganizationsError("InvalidInputException", "You must provide Email and AccountName.")
    now = int(time.time())
    status = {"Id": f"car-{time.time_ns():x}", "AccountName": name, "RequestedTimestamp": now}
    if any(account["Email"] == email for account in organization.members()):
        status |= {"State": "FAILED", "FailureReason": "EMAIL_ALREADY_EXISTS", "CompletedTimestamp": now}
    else:
        account = f"6666{next(_created):08d}"
        organization.add_account(Seed(account, name, (), "", ""), organization.ROOT)
        organizations._accounts[account]["Email"] = email
        organizations._tags[account] = {tag["Key"]: tag["Value"] for tag in payload.get("Tags") or []}
        status |= {"State": "SUCCEEDED", "AccountId": account, "CompletedTimestamp": now}
        organization.announce(account)
    organizations._create_statuses[status["Id"]] = status
    return {"CreateAccountStatus": status}


def move_account(payload: Payload) -> dict[str, Any]:
    """Move an account from its root or OU to another."""
    account = account_of(payload)
    source = parent_in(payload, "SourceParentId", "SourceParentNotFoundException")
    destination = parent_in(payload, "DestinationParentId", "DestinationParentNotFoundException")
    if account["_ParentId"] != source:
        raise OrganizationsError("AccountNotFoundException", "The account is not in the specified source parent.")
    if source == destination:
        raise OrganizationsError("DuplicateAccountException", "That account is already in the specified destination.")
    _change(account, _ParentId=destination)
    return {}


def close_account(payload: Payload) -> dict[str, Any]:
    """Close (suspend) an account."""
    account = account_of(payload)
    if account["Id"] == MANAGEMENT:
        raise OrganizationsError("ConstraintViolationException", "You can't close the management account.")
    if account["Status"] != "ACTIVE":
        raise OrganizationsError("AccountAlreadyClosedException", "You attempted to close an account already closed.")
    _change(account, Status="SUSPENDED", State="CLOSED")
    return {}


def _change(account: dict[str, Any], **changes: str) -> None:
    organizations._accounts[account["Id"]] = {**account, **changes}
    organization.announce(account["Id"])


def enable_service(payload: Payload) -> dict[str, Any]:
    """Turn on trusted access for a service."""
    ADMINISTRATION.trusted.setdefault(payload["ServicePrincipal"], time.time())
    return {}


def disable_service(payload: Payload) -> dict[str, Any]:
    """Turn off trusted access for a service."""
    ADMINISTRATION.trusted.pop(payload["ServicePrincipal"], None)
    return {}


def list_services(payload: Payload) -> dict[str, Any]:
    """The services with trusted access."""
    enabled = [{"ServicePrincipal": name, "DateEnabled": at} for name, at in sorted(ADMINISTRATION.trusted.items())]
    return page("EnabledServicePrincipals", enabled, payload)


def register_administrator(payload: Payload) -> dict[str, Any]:
    """Make a member account the delegated administrator of a service."""
    account, principal = account_of(payload)["Id"], payload["ServicePrincipal"]
    if account == MANAGEMENT:
        raise OrganizationsError("ConstraintViolationException", "You can't register the management account.")
    if organization.is_delegated(account, principal):
        message = "The specified account is already a delegated administrator for this service."
        raise OrganizationsError("AccountAlreadyRegisteredException", message)
    ADMINISTRATION.delegated.setdefault(account, {})[principal] = time.time()
    return {}


def deregister_administrator(payload: Payload) -> dict[str, Any]:
    """Take a service away from its delegated administrator."""
    account, principal = account_of(payload)["Id"], payload["ServicePrincipal"]
    if not organization.is_delegated(account, principal):
        message = "The specified account is not a delegated administrator for this service."
        raise OrganizationsError("AccountNotRegisteredException", message)
    del ADMINISTRATION.delegated[account][principal]
    return {}


def list_administrators(payload: Payload) -> dict[str, Any]:
    """The delegated administrators (of a service, if given)."""
    wanted = payload.get("ServicePrincipal")
    found = [
        public(organizations._accounts[account]) | {"DelegationEnabledDate": min(services.values())}
        for account, services in sorted(ADMINISTRATION.delegated.items())
        if services and (not wanted or wanted in services)
    ]
    return page("DelegatedAdministrators", found, payload)


def list_delegated_services(payload: Payload) -> dict[str, Any]:
    """The services that an account administers."""
    services = ADMINISTRATION.delegated.get(account_of(payload)["Id"], {})
    found = [{"ServicePrincipal": name, "DelegationEnabledDate": at} for name, at in sorted(services.items())]
    return page("DelegatedServices", found, payload)


def refuse_organization(_payload: Payload) -> dict[str, Any]:
    """There is one organization already."""
    raise OrganizationsError("AlreadyInOrganizationException", "The AWS account is already a member.")


OPERATIONS: dict[str, Operation] = {
    "CloseAccount": close_account,
    "CreateAccount": create_account,
    "CreateOrganization": refuse_organization,
    "CreateOrganizationalUnit": create_ou,
    "DeleteOrganizationalUnit": delete_ou,
    "DeregisterDelegatedAdministrator": deregister_administrator,
    "DescribeAccount": describe_account,
    "DisableAWSServiceAccess": disable_service,
    "EnableAWSServiceAccess": enable_service,
    "ListAWSServiceAccessForOrganization": list_services,
    "ListAccounts": list_accounts,
    "ListAccountsForParent": list_accounts_for_parent,
    "ListChildren": list_children,
    "ListDelegatedAdministrators": list_administrators,
    "ListDelegatedServicesForAccount": list_delegated_services,
    "ListOrganizationalUnitsForParent": list_ous_for_parent,
    "ListParents": list_parents,
    "ListRoots": list_roots,
    "ListTagsForResource": list_tags,
    "MoveAccount": move_account,
    "RegisterDelegatedAdministrator": register_administrator,
    "UpdateOrganizationalUnit": update_ou,
}


def may_call(account: str, operation: str) -> bool:
    """The management account may do everything, a delegated administrator read, any member describe.

    https://docs.aws.amazon.com/organizations/latest/userguide/services-that-can-integrate.html
    """
    if account == MANAGEMENT or operation == "DescribeOrganization":
        return True
    return organization.is_delegated(account) and operation.startswith(("Describe", "List"))


def answered(operation: Operation) -> Callable[[Payload], Response]:
    """MiniStack's form of one of ours: a response instead of a result or an error."""

    def answer(payload: Payload) -> Response:
        try:
            return organizations._json(200, operation(payload))  # type: ignore[no-any-return]
        except OrganizationsError as error:
            return error_response_json(error.code, str(error), 400)  # type: ignore[no-any-return]

    return answer


def guarded(name: str, operation: Callable[[Payload], Response]) -> Callable[[Payload], Response]:
    """Run an operation for whoever may call it, always on the one organization."""

    def call(payload: Payload) -> Response:
        caller = get_account_id()
        if organization.organization_id_of(caller) is None:
            code, message = "AWSOrganizationsNotInUseException", "Your account is not a member of an organization."
        elif may_call(caller, name):
            with organization.as_management():
                return operation(payload)
        else:
            code, message = "AccessDeniedException", "You don't have permissions to access this resource."
        return error_response_json(code, message, 400)  # type: ignore[no-any-return]

    return call


def install() -> None:
    """Put our operations before MiniStack's and guard all of them."""
    patches.require(organizations, "_ensure_org", '_orgs["self"] = {', "_attachments[FULL_ACCESS_POLICY_ID]")
    patches.require(organizations, "handle_request", "_DISPATCH.get(op)", "return fn(payload)")
    table = organizations._DISPATCH
    table.update({name: answered(operation) for name, operation in OPERATIONS.items()})
    for name, operation in table.items():
        table[name] = guarded(name, operation)
