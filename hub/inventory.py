"""Keeps the list of the organization's accounts."""

import os
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.names import METRICS_NAMESPACE
from contract.settings import read_settings
from hub.clients import aws_client
from hub.organization import whole_accounts
from hub.settings import InventorySettings
from hub.store.accounts import REMOVED, Account, AccountStore

if TYPE_CHECKING:
    from mypy_boto3_organizations import OrganizationsClient

logger = Logger(service="inventory")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="inventory")


@metrics.log_metrics
def refresh_handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Read the organization's tree into the state table; answers how many accounts there are and changed."""
    settings = _settings()
    store = AccountStore(aws_client("dynamodb"), settings.state_table)
    present, changed = refresh(aws_client("organizations"), store, settings.owner_tag)
    metrics.add_metric(name="Accounts", unit=MetricUnit.Count, value=present)
    logger.info("Accounts read", accounts=present, changed=changed)
    return {"accounts": present, "changed": changed}


@cache
def _settings() -> InventorySettings:
    return read_settings(InventorySettings, os.environ)


def refresh(client: "OrganizationsClient", store: AccountStore, owner_tag: str) -> tuple[int, int]:
    """Store what changed of the accounts; return how many there are and how many changed."""
    present = list(whole_accounts(client, owner_tag))
    changed = differences(store.all(), present)
    store.write(changed)
    return len(present), len(changed)


def differences(stored: Iterable[Account], present: Iterable[Account]) -> list[Account]:
    """Return the accounts to write: new and changed ones, and those that left as REMOVED."""
    known = {account.id: account for account in stored}
    found = {account.id: account for account in present}
    left = [account for name, account in known.items() if name not in found and account.status != REMOVED]
    changed = [account for name, account in found.items() if known.get(name) != account]
    return [*changed, *(msgspec.structs.replace(account, status=REMOVED) for account in left)]
