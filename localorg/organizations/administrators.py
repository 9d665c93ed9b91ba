"""Trusted access and delegated administrators."""

import time
from typing import Any

from ministack.services import organizations

from localorg import organization
from localorg.organization import ADMINISTRATION
from localorg.organizations.answers import OrganizationsError, Payload, account_of, page, public
from localorg.seed import MANAGEMENT


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
