"""Who may operate the organization's stack sets: the management account, and the delegated administrator as such."""

from typing import Any

from ministack.core.responses import get_account_id

from localorg import organization
from localorg.organization import ADMINISTRATION, STACKSETS_PRINCIPAL
from localorg.seed import MANAGEMENT
from localorg.stacksets.wire import StackSetError

DELEGATED = "DELEGATED_ADMIN"
REFUSAL = (
    "You must be the management account or delegated admin account of an organization "
    "before operating a SERVICE_MANAGED stack set"
)


def check(given: dict[str, Any]) -> None:
    """StackSetError unless the caller may act with the request's CallAs.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-delegated-admin.html
    """
    caller, call_as = get_account_id(), given.get("CallAs", "SELF")
    if call_as not in ("SELF", DELEGATED):
        raise StackSetError("ValidationError", f"CallAs must be SELF or {DELEGATED}, not {call_as}")
    if (caller == MANAGEMENT) == (call_as == DELEGATED):
        raise StackSetError("ValidationError", REFUSAL)
    if call_as == DELEGATED and not organization.is_delegated(caller, STACKSETS_PRINCIPAL):
        raise StackSetError("ValidationError", "Account used is not a delegated administrator")
    if STACKSETS_PRINCIPAL not in ADMINISTRATION.trusted:
        message = "You must enable organizations access to operate a service managed stack set"
        raise StackSetError("ValidationError", message)
