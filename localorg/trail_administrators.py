"""CloudTrail's delegated administrator, registered with CloudTrail itself, which makes its service-linked role."""

import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import cloudtrail, iam

from localorg import organization, patches
from localorg.answers import ApiError, Response, refusal, success
from localorg.organization import ADMINISTRATION
from localorg.seed import MANAGEMENT

PRINCIPAL = "cloudtrail.amazonaws.com"
Body = dict[str, Any]


class CloudTrailError(ApiError):
    """A registration that CloudTrail refuses."""


def install() -> None:
    """Add the two calls to MiniStack's CloudTrail."""
    patches.require(cloudtrail, "handle_request", "_DISPATCH.get(action)", "return handler(body)")
    cloudtrail._DISPATCH["RegisterOrganizationDelegatedAdmin"] = _answering(register)
    cloudtrail._DISPATCH["DeregisterOrganizationDelegatedAdmin"] = _answering(deregister)


def register(body: Body) -> None:
    """Make a member account the administrator of the organization's trails."""
    account = str(body.get("MemberAccountId", ""))
    _check(account)
    if account == MANAGEMENT:
        raise CloudTrailError("CannotDelegateManagementAccountException", "The management account cannot be delegated.")
    if organization.is_delegated(account, PRINCIPAL):
        raise CloudTrailError("AccountRegisteredException", "The account is already a delegated administrator.")
    ADMINISTRATION.delegated.setdefault(account, {})[PRINCIPAL] = time.time()
    iam._create_service_linked_role({"AWSServiceName": [PRINCIPAL]})


def deregister(body: Body) -> None:
    """Take that from it."""
    account = str(body.get("DelegatedAdminAccountId", ""))
    _check(account)
    if not organization.is_delegated(account, PRINCIPAL):
        raise CloudTrailError("AccountNotRegisteredException", "The account is not a delegated administrator.")
    del ADMINISTRATION.delegated[account][PRINCIPAL]


def _check(account: str) -> None:
    if get_account_id() != MANAGEMENT:
        raise CloudTrailError("NotOrganizationManagementAccountException", "Only the management account may do this.")
    if PRINCIPAL not in ADMINISTRATION.trusted:
        raise CloudTrailError("CloudTrailAccessNotEnabledException", "Trusted access has not been enabled.")
    if organization.organization_id_of(account) is None:
        raise CloudTrailError("AccountNotFoundException", "The account is not part of the organization.")


def _answering(change: Callable[[Body], None]) -> Callable[[Body], Response]:
    def answer(body: Body) -> Response:
        try:
            change(body)
        except CloudTrailError as error:
            return refusal(error)
        return success({})

    return answer
