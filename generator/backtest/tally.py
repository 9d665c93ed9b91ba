"""Counts what the catalogue says about a history; what is held does not grow with the number of events."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from fnmatch import fnmatchcase

import msgspec

from contract.actor import Actor
from contract.cloudtrail import CloudTrailEvent
from contract.finding import Finding, Mode, Severity
from generator.backtest.frequent import Frequent

_NEVER = datetime.fromtimestamp(0, UTC)
# Callers that are told apart for each detection.
_CALLERS = 200
# Principals of one name that are told apart; of a role in more accounts, those of the name in every account are meant.
_PRINCIPALS = 20
# What a caller's name is when it is a role that many sessions share; people in sessions have names of their own.
_SHARED = frozenset({"role", "role-session", "ec2-instance", "cfn-service-role"})
_BY_ROLE = _SHARED | {"service-linked-role"}


class Caller(msgspec.Struct, frozen=True):
    """Who causes findings, as people call them, of which kind (`contract.actor.KINDS`), and how severe those are.

    A role that many sessions share is of no kind: those of its sessions differ.
    """

    name: str
    kind: str
    severity: Severity

    @property
    def is_root(self) -> bool:
        """Whether it is an account's root user."""
        return self.kind == "root"


class Traces(msgspec.Struct):
    """What is known of a name's findings: the ARNs that it stands for, and the detections that are folded into them."""

    principals: set[str] = msgspec.field(default_factory=set)
    also: set[str] = msgspec.field(default_factory=set)

    def add(self, principal: str, also: Iterable[str]) -> None:
        """Remember whose a finding is, and what it was folded of."""
        self.also.update(also)
        is_known = any(fnmatchcase(principal, one) for one in self.principals)
        if principal and not is_known and len(self.principals) < _PRINCIPALS:
            self.principals.add(principal)
        if len(self.principals) == _PRINCIPALS:
            self.principals = {_anywhere(one) for one in self.principals}


def _anywhere(arn: str) -> str:
    """Return an ARN as a pattern of the same in every account."""
    parts = arn.split(":", 5)
    return ":".join([*parts[:4], "*", *parts[5:]])


class DetectionTally(msgspec.Struct):
    """The findings of one detection."""

    mode: Mode
    severities: Counter[Severity]
    callers: Frequent[Caller]
    excluded: int = 0
    traces: dict[Caller, Traces] = msgspec.field(default_factory=dict)


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
            self._add_finding(finding, event.actor)

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

    def _add_finding(self, finding: Finding, actor: Actor) -> None:
        held = self._detection(finding.detection, finding.mode)
        held.mode = finding.mode
        held.severities[finding.severity] += 1
        caller = _caller(finding)
        if given_way := held.callers.add(caller):
            held.traces.pop(given_way, None)
        held.traces.setdefault(caller, Traces()).add(_principal(actor), finding.also)

    def _detection(self, identifier: str, mode: Mode) -> DetectionTally:
        return self.detections.setdefault(identifier, DetectionTally(mode, Counter(), Frequent(_CALLERS)))


def _caller(finding: Finding) -> Caller:
    if finding.actor_kind in _SHARED and finding.actor_role:
        return Caller(finding.actor_role, "", finding.severity)
    return Caller(finding.actor, finding.actor_kind, finding.severity)


def _principal(actor: Actor) -> str:
    """Return the ARN that names a caller in `[[exclusions]]` and nobody else: a role's for its sessions, else its own.

    Empty where there is none: services and other accounts call without.
    """
    if actor.kind not in _BY_ROLE or not actor.arn:
        return actor.arn
    # A record need not say the role that a session is of; the session's ARN does, but for the role's path.
    return actor.role_arn or f"{actor.arn.rpartition('/')[0]}/*"
