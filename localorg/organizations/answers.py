"""What the Organizations API answers: pages, public records, errors."""

import base64
from typing import Any

from ministack.services import organizations

from localorg import organization
from localorg.answers import ApiError

Payload = dict[str, Any]

# AWS answers at most this many entries per page.
PAGE = 20


class OrganizationsError(ApiError):
    """An answer of the Organizations API other than success."""


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
