"""Trusted access of StackSets: CloudFormation's own calls, which also make the service-linked role."""

import time
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import iam

from localorg import organization
from localorg.organization import ADMINISTRATION, STACKSETS_PRINCIPAL
from localorg.seed import MANAGEMENT
from localorg.stacksets.access import DELEGATED
from localorg.stacksets.wire import StackSetError

Given = dict[str, Any]
SERVICE = "stacksets.cloudformation.amazonaws.com"


def activate(_given: Given) -> Given:
    """Turn trusted access on."""
    _require_management()
    ADMINISTRATION.trusted.setdefault(STACKSETS_PRINCIPAL, time.time())
    iam._create_service_linked_role({"AWSServiceName": [SERVICE]})
    return {}


def deactivate(_given: Given) -> Given:
    """Turn trusted access off."""
    _require_management()
    ADMINISTRATION.trusted.pop(STACKSETS_PRINCIPAL, None)
    return {}


def describe(given: Given) -> Given:
    """Whether it is on, for the management account and delegated administrators."""
    if given.get("CallAs") != DELEGATED:
        _require_management()
    elif not organization.is_delegated(get_account_id(), STACKSETS_PRINCIPAL):
        raise StackSetError("ValidationError", "Account used is not a delegated administrator")
    return {"Status": "ENABLED" if STACKSETS_PRINCIPAL in ADMINISTRATION.trusted else "DISABLED"}


def _require_management() -> None:
    if get_account_id() != MANAGEMENT:
        message = "You must be the management account of an organization to change or see its access"
        raise StackSetError("InvalidOperationException", message)
