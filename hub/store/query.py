"""What a list of findings may ask, and which index answers it with the fewest reads."""

from datetime import UTC, datetime

import msgspec

from contract.finding import Finding, Severity, Workflow
from contract.names import ACCOUNT_INDEX, CONTROL_INDEX, RESOURCE_INDEX, SEVERITY_INDEX
from hub.store.items import SHARDS, bucket, expiry_day, expiry_key, expiry_week, resource_key

# More accounts than this (an OU's) are cheaper to pick out of the severities' shards.
_FEW = 4
_LAST = "9999"


class FindingQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Open findings that match every field that is set; a field with several values matches any of them.

    `since` and `until` are `contract.clock.iso` text, compared with when a finding was first seen. `closed_on`
    (`2026-11-20`) asks for the findings that were closed on that day instead (`hub.store.items.closing_time`, UTC),
    `due_on` for those that are archived as of that day: Security Hub's only on Mondays, each time a week's.
    `oldest_first` turns the order round.
    """

    severities: tuple[Severity, ...] = ()
    accounts: tuple[str, ...] = ()
    detections: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    resource: str = ""
    actor: str = ""
    since: str = ""
    until: str = ""
    closed_on: str = ""
    due_on: str = ""
    oldest_first: bool = False

    def matches(self, finding: Finding) -> bool:
        """Whether a listed finding is asked for."""
        asked: tuple[tuple[tuple[str, ...], str], ...] = (
            (self.severities, finding.severity),
            (self.accounts, finding.account),
            (self.detections, finding.detection),
            (self.regions, finding.region),
            (self.workflows, finding.workflow),
            ((resource_key(self.resource),) if self.resource else (), finding.resource),
            ((self.actor,) if self.actor else (), finding.actor),
        )
        return all(not values or value in values for values, value in asked)


class Page(msgspec.Struct, frozen=True):
    """Findings of a list in its order, and where the next page begins (None: nowhere)."""

    findings: tuple[Finding, ...]
    cursor: str | None


class Plan(msgspec.Struct, frozen=True):
    """An index, its key attribute, the buckets to read, and whether rows must be picked from what they hold.

    In buckets that begin with `mixed` are findings of other days too, which only their bodies tell.
    """

    index: str
    attribute: str
    buckets: tuple[str, ...]
    is_filtered: bool
    mixed: str = ""

    def is_mixed(self, bucket_key: str) -> bool:
        """Whether a bucket holds what was closed on other days."""
        return bool(self.mixed) and bucket_key.startswith(self.mixed)


def plan_of(query: FindingQuery) -> Plan:
    """Return how to answer a query: by the most selective index that it allows."""
    if query.closed_on:
        closed = datetime.fromisoformat(query.closed_on).replace(tzinfo=UTC)
        day, week = expiry_key(expiry_day(closed)), expiry_key(expiry_week(closed))
        plan = _plan(query, SEVERITY_INDEX, "severity_bucket", (day, week), answered="")
        return msgspec.structs.replace(plan, is_filtered=True, mixed=f"{week}#")
    if query.due_on:
        return _plan(query, SEVERITY_INDEX, "severity_bucket", (expiry_key(query.due_on),), answered="")
    if query.resource:
        filtered = _is_filtered(query, "resource")
        return Plan(RESOURCE_INDEX, "resource", (resource_key(query.resource),), filtered)
    if 0 < len(query.accounts) <= _FEW:
        return _plan(query, ACCOUNT_INDEX, "account_bucket", query.accounts, answered="accounts")
    if 0 < len(query.detections) <= _FEW:
        return _plan(query, CONTROL_INDEX, "control_bucket", query.detections, answered="detections")
    severities = tuple(query.severities or Severity)
    return _plan(query, SEVERITY_INDEX, "severity_bucket", severities, answered="severities")


def _plan(query: FindingQuery, index: str, attribute: str, values: tuple[str, ...], answered: str) -> Plan:
    buckets = tuple(bucket(value, shard) for value in dict.fromkeys(values) for shard in range(SHARDS))
    return Plan(index, attribute, buckets, _is_filtered(query, answered))


def _is_filtered(query: FindingQuery, answered: str) -> bool:
    asked = ("severities", "accounts", "detections", "regions", "workflows", "resource", "actor")
    return any(getattr(query, name) for name in asked if name != answered)


def span_of(query: FindingQuery) -> tuple[str, str]:
    """Return the earliest and the latest `first_seen` that the query asks for."""
    return query.since or "0", query.until or _LAST
