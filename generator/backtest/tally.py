"""Counts what the catalogue says about a history; what is held does not grow with the number of events."""

from collections import Counter
from datetime import UTC, datetime

import msgspec

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Finding, Mode, Severity
from generator.backtest.frequent import Frequent

_NEVER = datetime.fromtimestamp(0, UTC)
# Callers that are told apart for each detection.
_CALLERS = 200
# What a caller's name is when it is a role that many sessions share; people in sessions have names of their own.
_SHARED = frozenset({"role", "role-session", "ec2-instance", "cfn-service-role"})


class Caller(msgspec.Struct, frozen=True):
    """Who causes findings, as `[[exclusions]]` names them, and how severe those are."""

    name: str
    is_root: bool
    severity: Severity


class DetectionTally(msgspec.Struct):
    """The findings of one detection."""

    mode: Mode
    severities: Counter[Severity]
    callers: Frequent[Caller]
    excluded: int = 0


class PlaceTally(msgspec.Struct):
    """The events and findings of one day, or of one account."""

    events: int = 0
    forwarded: int = 0
    severities: Counter[Severity] = msgspec.field(default_factory=Counter)


class Tally:
    """All counts of a run."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.total = PlaceTally()
        self.detections: dict[str, DetectionTally] = {}
        self.days: dict[str, PlaceTally] = {}
        self.accounts: dict[str, PlaceTally] = {}

    def add(self, event: CloudTrailEvent, findings: list[Finding], *, is_forwarded: bool) -> None:
        """Count an event and its findings."""
        day = self.days.setdefault(self._day(event.time), PlaceTally())
        account = self.accounts.setdefault(event.account_id, PlaceTally())
        for place in (self.total, day, account):
            place.events += 1
            place.forwarded += is_forwarded
            place.severities.update(one.severity for one in findings)
        for finding in findings:
            self._add_finding(finding)

    def exclude(self, detection: str) -> None:
        """Count a finding that an exclusion left out."""
        self._detection(detection, Mode.LIVE).excluded += 1

    def _day(self, moment: datetime) -> str:
        """Return the day of an event; those that say no time have one of their own."""
        if moment == _NEVER:
            return "unknown"
        self.first = min(self.first or moment, moment)
        self.last = max(self.last or moment, moment)
        return moment.date().isoformat()

    def _add_finding(self, finding: Finding) -> None:
        held = self._detection(finding.detection, finding.mode)
        held.mode = finding.mode
        held.severities[finding.severity] += 1
        held.callers.add(Caller(_name(finding), finding.actor_kind == "root", finding.severity))

    def _detection(self, identifier: str, mode: Mode) -> DetectionTally:
        return self.detections.setdefault(identifier, DetectionTally(mode, Counter(), Frequent(_CALLERS)))


def _name(finding: Finding) -> str:
    is_shared = finding.actor_kind in _SHARED and finding.actor_role
    return finding.actor_role if is_shared else finding.actor
