"""Follows the organization: its accounts, which of them are watched, what is different in them."""

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import iso, now
from contract.names import METRICS_NAMESPACE, RETENTION_OVERDUE, SILENT_SPOKES, Names
from contract.settings import read_settings
from contract.spoke_events import Job
from hub import own_findings
from hub.account_tags import is_about_tags, named_accounts
from hub.census import Registrar
from hub.clients import aws_client
from hub.conditions import follow
from hub.coverage import Scope, load_scope
from hub.coverage_findings import account_uncovered, spoke_silent
from hub.deployed import Written, keep, load_deployed
from hub.overrides import Override, load_overrides, settings_files
from hub.own_findings import ACCOUNT_UNCOVERED, SPOKE_SILENT
from hub.retention import Expected, retention_findings
from hub.settings import InventorySettings
from hub.settings_files import write_settings
from hub.silence import silences
from hub.store.accounts import Account, AccountStore
from hub.store.deployed import DeployedStore
from hub.store.findings import FindingStore
from hub.store.retention import RetentionStore
from hub.store.spokes import SpokeStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = Logger(service="inventory")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="inventory")

_SCOPE = Path(__file__).with_name("scope.json")
_OVERRIDES = Path(__file__).with_name("overrides.json")
_DEPLOYED = Path(__file__).with_name("deployed.json")
# What reading tags and writing settings leave to the rest, in seconds of the function's five minutes.
_AFTER_TAGS = 150
_AFTER_SETTINGS = 15

SecondsLeft = Callable[[], float]


class InventoryError(RuntimeError):
    """Some of the work failed; the rest was done, and the log says why."""


class Stores(msgspec.Struct, frozen=True):
    """What the hub remembers."""

    accounts: AccountStore
    spokes: SpokeStore
    findings: FindingStore
    deployed: DeployedStore
    retention: RetentionStore


class Plan(msgspec.Struct, frozen=True):
    """What `muster.toml` says about accounts, the names of what is deployed, and what people may know of it."""

    scope: Scope
    overrides: tuple[Override, ...]
    names: Names
    deployed: Written
    retention: Expected = Expected((), timedelta())


@metrics.log_metrics
def refresh_handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Bring the hub's picture of the organization up to date; answers how many accounts there are and changed.

    After an event that tells of tags, only those are read. `InventoryError` comes after all was tried.
    """
    named = named_accounts(event)
    if is_about_tags(event):
        return _inventory().retag(named)
    return _inventory().refresh(named, now(), lambda: context.get_remaining_time_in_millis() / 1000)


@cache
def _inventory() -> "Inventory":
    settings, client = read_settings(InventorySettings, os.environ), aws_client("dynamodb")
    deployed, expected = load_deployed(_DEPLOYED, settings.archive_bucket), _expected(settings)
    plan = Plan(load_scope(_SCOPE), load_overrides(_OVERRIDES), Names(settings.prefix), deployed, expected)
    stores = Stores(
        AccountStore(client, settings.state_table),
        SpokeStore(client, settings.state_table),
        FindingStore(client, settings.findings_table),
        DeployedStore(client, settings.state_table),
        RetentionStore(client, settings.state_table),
    )
    registrar = Registrar(aws_client("organizations"), plan.scope, settings.owner_tag)
    return Inventory(registrar, lambda region: aws_client("s3", region), stores, plan)


def _expected(settings: InventorySettings) -> Expected:
    jobs = tuple(Job(one) for one in settings.retention_jobs.split(",") if one)
    return Expected(jobs, timedelta(seconds=settings.retention_interval_seconds))


class Inventory:
    """The organization, and what the hub makes of it."""

    def __init__(self, registrar: Registrar, s3: Callable[[str], "S3Client"], stores: Stores, plan: Plan) -> None:
        """Take what it works with; `s3` gives the client of a Region."""
        self._registrar = registrar
        self._s3 = s3
        self._stores = stores
        self._plan = plan

    def retag(self, named: frozenset[str]) -> dict[str, int]:
        """Read the tags of the named accounts, and nothing else."""
        stored = {one.id: one for one in self._stores.accounts.all() if one.id in named}
        return {"accounts": len(stored), "changed": self._kept(stored, self._registrar.retagged(list(stored.values())))}

    def refresh(self, named: frozenset[str], moment: datetime, seconds_left: SecondsLeft) -> dict[str, int]:
        """Read the organization, then open and close findings about it, then write the accounts' settings."""
        stored = {one.id: one for one in self._stores.accounts.all()}
        found = self._registrar.census(stored, named, moment, lambda: seconds_left() > _AFTER_TAGS)
        changed = self._kept(stored, found.accounts)
        metrics.add_metric(name="Accounts", unit=MetricUnit.Count, value=found.present)
        logger.info("Accounts read", accounts=found.present, changed=changed)
        failed = [] if found.is_whole else ["the organization's tree"]
        failed += _failed("findings", lambda: self._tell(found.accounts, moment))
        failed += _failed("what is deployed", lambda: self._keep(moment))
        failed += _failed("retention", lambda: self._tell_retention(found.accounts, moment))
        failed += self._distribute(settings_files(self._plan.overrides, found.accounts), seconds_left)
        if failed:
            raise InventoryError(f"failed: {', '.join(failed)}")
        return {"accounts": found.present, "changed": changed}

    def _kept(self, stored: Mapping[str, Account], accounts: Iterable[Account]) -> int:
        changed = [one for one in accounts if stored.get(one.id) != one]
        self._stores.accounts.write(changed)
        metrics.add_metric(name="AccountsChanged", unit=MetricUnit.Count, value=len(changed))
        return len(changed)

    def _tell(self, accounts: list[Account], moment: datetime) -> None:
        """Open and close findings, and count the silent spokes, none of them too: an alarm looks at this metric."""
        silent = list(silences(accounts, self._stores.spokes.each(), moment))
        metrics.add_metric(name=SILENT_SPOKES, unit=MetricUnit.Count, value=len(silent))
        if silent:
            logger.warning("Spokes are silent", spokes=[f"{one.account} {one.region}" for one in silent])
        observed_at, home = iso(moment), self._plan.scope.regions[0]
        holding = [spoke_silent(one, self._plan.names, observed_at) for one in silent]
        holding += [account_uncovered(one, home, observed_at) for one in accounts if one.outside_since]
        changes = follow(self._stores.findings, (SPOKE_SILENT.id, ACCOUNT_UNCOVERED.id), holding, observed_at)
        metrics.add_metric(name="Findings", unit=MetricUnit.Count, value=len(changes))

    def _keep(self, moment: datetime) -> None:
        if keep(self._plan.deployed, self._stores.deployed, iso(moment)):
            logger.info("Something else is deployed", version=self._plan.deployed.deployed.version)

    def _tell_retention(self, accounts: list[Account], moment: datetime) -> None:
        """Open and close findings about the runs over images and snapshots, and count those that did not come."""
        store, expected = self._stores.retention, self._plan.retention
        for job in {*Job} - {*expected.jobs}:
            store.expect_none(job)
        since = {job: store.expected_since(job, iso(moment)) for job in expected.jobs}
        expected = msgspec.structs.replace(expected, since=since)
        holding = list(retention_findings(accounts, store.each(), expected, self._plan.names, moment))
        told = (own_findings.RETENTION_FAILED.id, own_findings.RETENTION_OVERDUE.id)
        changes = follow(self._stores.findings, told, holding, iso(moment))
        overdue = sum(one.detection == own_findings.RETENTION_OVERDUE.id for one in holding)
        metrics.add_metric(name=RETENTION_OVERDUE, unit=MetricUnit.Count, value=overdue)
        if changes:
            logger.info("Retention looked after", changed=len(changes), overdue=overdue)

    def _distribute(self, files: Mapping[str, bytes], seconds_left: SecondsLeft) -> list[str]:
        def write(region: str) -> None:
            bucket = self._plan.names.artefact_bucket(self._plan.scope.hub_account, region)
            written = write_settings(self._s3(region), bucket, files, lambda: seconds_left() > _AFTER_SETTINGS)
            if any(msgspec.structs.astuple(written)):
                logger.info("Settings written", region=region, **msgspec.structs.asdict(written))

        regions = self._plan.scope.regions
        return [what for region in regions for what in _failed(f"settings in {region}", partial(write, region))]


def _failed(what: str, work: Callable[[], None]) -> list[str]:
    try:
        work()
    except Exception:  # the isolator of the inventory's parts: a bucket that refuses must not hide a silent spoke
        logger.exception("A part of the inventory failed", part=what)
        return [what]
    return []
