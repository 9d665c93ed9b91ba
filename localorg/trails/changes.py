"""Who may make and change trails, and whether CloudTrail may write to their buckets."""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope

from localorg import organization
from localorg.answers import ApiError, Response, refusal
from localorg.organization import ADMINISTRATION, PARTITION
from localorg.seed import MANAGEMENT
from localorg.trails import buckets
from localorg.trails.visible import is_organizations

Body = dict[str, Any]
Operation = Callable[[Body], Response]

PRINCIPAL = "cloudtrail.amazonaws.com"
WRITES = {"DeleteTrail", "PutEventSelectors", "StartLogging", "StopLogging", "UpdateTrail"}


class TrailError(ApiError):
    """An answer of CloudTrail's other than success."""


def guarded(name: str, operation: Operation) -> Operation:
    """The operation for whoever may call it; what is the organization's happens in the management account."""

    def call(body: Body) -> Response:
        try:
            if name == "CreateTrail":
                return _create(operation, body)
            if name == "UpdateTrail" and "S3BucketName" in body:
                buckets.check(body["S3BucketName"], *_owner_and_log(body, _named(body).rpartition("/")[2]))
            return _on(name, operation, body)
        except ApiError as error:
            return refusal(error)

    return call


def _create(operation: Operation, body: Body) -> Response:
    if body.get("IsOrganizationTrail"):
        _check_administrator()
    owner, trail = _owner_and_log(body, body.get("Name", ""))
    buckets.check(body.get("S3BucketName", ""), owner, trail)
    with request_scope(owner if owner != organization.ORGANIZATION else MANAGEMENT, get_region()):
        return operation(body)


def _owner_and_log(body: Body, name: str) -> tuple[str, str]:
    """Below which folder the trail writes its logs, and its ARN."""
    if body.get("IsOrganizationTrail"):
        return organization.ORGANIZATION, f"arn:{PARTITION}:cloudtrail:{get_region()}:{MANAGEMENT}:trail/{name}"
    account = get_account_id()
    return account, f"arn:{PARTITION}:cloudtrail:{get_region()}:{account}:trail/{name}"


def _on(name: str, operation: Operation, body: Body) -> Response:
    caller = get_account_id()
    is_member = caller != MANAGEMENT and organization.organization_id_of(caller) is not None
    if not (is_member and is_organizations(_named(body))):
        return operation(body)
    if name in WRITES:
        _check_administrator()
    with request_scope(MANAGEMENT, get_region()):
        return operation(body)


def _named(body: Body) -> str:
    return str(body.get("Name") or body.get("TrailName") or "")


def _check_administrator() -> None:
    if PRINCIPAL not in ADMINISTRATION.trusted:
        message = "Trusted access for AWS CloudTrail is not enabled in your organization."
        raise TrailError("CloudTrailAccessNotEnabledException", message)
    caller = get_account_id()
    if caller != MANAGEMENT and not organization.is_delegated(caller, PRINCIPAL):
        message = "The request must be made by the organization's management account or a delegated administrator."
        raise TrailError("NotOrganizationMasterAccountException", message)
