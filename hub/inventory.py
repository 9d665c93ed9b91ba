"""Keeps the list of the organization's accounts, and notes which of their spokes fell silent."""

import os
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import now
from contract.names import METRICS_NAMESPACE, SILENT_SPOKES
from contract.settings import read_settings
from hub.clients import aws_client
from hub.organization import whole_accounts
from hub.settings import InventorySettings
from hub.store.accounts import ACTIVE, REMOVED, Account, AccountStore
from hub.store.spokes import Spoke, SpokeStore

if TYPE_CHECKING:
    from mypy_boto3_organizations import OrganizationsClient

logger = Logger(service="inventory")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="inventory")


@metrics.log_metrics
def refresh_handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Read the organization's tree into the state table; answers how many accounts there are and changed."""
    settings, client = _settings(), aws_client("dynamodb")
    store = AccountStore(client, settings.state_table)
    present, changed = refresh(aws_client("organizations"), store, settings.owner_tag)
    metrics.add_metric(name="Accounts", unit=MetricUnit.Count, value=present)
    logger.info("Accounts read", accounts=present, changed=changed)
    _note_silence(silent_spokes(SpokeStore(client, settings.state_table).all(), store.all(), now()))
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


def silent_spokes(spokes: Iterable[Spoke], accounts: Iterable[Account], moment: datetime) -> list[str]:
    """Return `<account> <Region>` of the spokes of active accounts that miss heartbeats."""
    active = {account.id for account in accounts if account.status == ACTIVE}
    silent = (spoke.heartbeat for spoke in spokes if spoke.heartbeat.account in active and spoke.is_silent(moment))
    return sorted(f"{heartbeat.account} {heartbeat.region}" for heartbeat in silent)


def _note_silence(silent: list[str]) -> None:
    """Count the silent spokes, none of them too: the alarm looks at this metric."""
    metrics.add_metric(name=SILENT_SPOKES, unit=MetricUnit.Count, value=len(silent))
    if silent:
        logger.warning("Spokes are silent", spokes=silent)


def differences(stored: Iterable[Account], present: Iterable[Account]) -> list[Account]:
    """Return the accounts to write: new and changed ones, and those that left as REMOVED."""
    known = {account.id: account for account in stored}
    found = {account.id: account for account in present}
    left = [account for name, account in known.items() if name not in found and account.status != REMOVED]
    changed = [account for name, account in found.items() if known.get(name) != account]
    return [*changed, *(msgspec.structs.replace(account, status=REMOVED) for account in left)]
