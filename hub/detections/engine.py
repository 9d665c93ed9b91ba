"""Runs the catalogue over events: indexed, so that an event costs the same with ten times as many detections."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from contract.cloudtrail import DETAIL_TYPES, CloudTrailEvent
from contract.finding import Finding, Mode
from contract.names import USUAL_NAMES, Names
from hub.detections.detection import Detection, Match
from hub.detections.findings import failure_finding, fold, made
from hub.detections.glance import Watch
from hub.detections.settings import DEFAULTS, DetectionSettings

_ANY = "*"


class Failure(msgspec.Struct, frozen=True):
    """A detection that raised on an event: never silence, never the end of the others."""

    detection: str
    reason: str


class Verdict(msgspec.Struct, frozen=True):
    """What the catalogue says about one event."""

    findings: tuple[Finding, ...] = ()
    failures: tuple[Failure, ...] = ()


NOTHING = Verdict()


class Engine:
    """The catalogue, indexed by what an event shows at a glance: its source and name, its source, its identity's type.

    `names` tell Muster's own roles: what Muster itself does raises nothing.
    """

    def __init__(
        self,
        detections: Iterable[Detection],
        settings: DetectionSettings = DEFAULTS,
        names: Names = USUAL_NAMES,
    ) -> None:
        """Index the detections that are not off; one for every call must narrow itself by `only.userIdentity.type`."""
        self._by_call: dict[tuple[str, str], list[Detection]] = defaultdict(list)
        self._by_identity: dict[str, list[Detection]] = defaultdict(list)
        self._places: dict[str, int] = {}
        self._settings = settings
        self._names = names
        given = list(detections)
        # Whether an event's JSON is worth reading whole, and whose it is; None where only the whole tells.
        self.glance = Watch(given).glance
        for one in given:
            mode = settings.modes.get(one.id, one.mode)
            if mode is not Mode.OFF:
                self._index(msgspec.structs.replace(one, mode=mode))

    def _index(self, one: Detection) -> None:
        self._places[one.id] = len(self._places)
        for call in one.api_calls:
            source, _, name = call.partition(":")
            if source != _ANY:
                self._by_call[source, name].append(one)
                continue
            for kind in one.only.get("userIdentity", {}).get("type", ()):
                self._by_identity[kind].append(one)

    def know_accounts(self, accounts: Iterable[str]) -> None:
        """Take the organization's present account list; accounts that are not in it are strangers."""
        known = frozenset(accounts)
        self._settings = msgspec.structs.replace(self._settings, organization_accounts=known)

    def candidates(self, detail: Mapping[str, Any]) -> list[Detection]:
        """Return the detections that may have a word on a record, by dictionary look-ups alone, in catalogue order."""
        source, name = detail.get("eventSource"), detail.get("eventName")
        if not (isinstance(source, str) and isinstance(name, str)):
            return []
        identity = detail.get("userIdentity")
        kind = identity.get("type") if isinstance(identity, dict) else None
        by_identity = self._by_identity.get(kind, ()) if isinstance(kind, str) else ()
        found = [*self._by_call.get((source, name), ()), *self._by_call.get((source, _ANY), ()), *by_identity]
        return found if len(found) < 2 else sorted(found, key=lambda one: self._places[one.id])

    def judge(self, envelope: Mapping[str, Any], observed_at: str) -> Verdict:
        """Return the findings of an EventBridge event; one that carries no CloudTrail record has none.

        `observed_at` is `contract.clock.iso` text. Nothing that JSON can hold makes it raise.
        """
        detail = envelope.get("detail") if isinstance(envelope, Mapping) else None
        if not isinstance(detail, dict) or envelope.get("detail-type") not in DETAIL_TYPES:
            return NOTHING
        found = self.candidates(detail)
        return self._judged(CloudTrailEvent(envelope), found, observed_at) if found else NOTHING

    def _judged(self, event: CloudTrailEvent, found: Sequence[Detection], observed_at: str) -> Verdict:
        findings: list[Finding] = []
        failures: list[Failure] = []
        for one in found:
            if not _may_judge(one, event):
                continue
            matches, failure = self._tried(one, event)
            # Asked only now: most events that a detection looks at are no match, and reading the actor costs.
            if (matches or failure) and self._names.is_own_role(event.actor.role):
                return NOTHING
            forced = self._settings.severities.get(one.id)
            findings += [made(one, match, event, observed_at, forced) for match in matches]
            if failure:
                failures.append(failure)
                findings.append(failure_finding(one, failure.reason, event, observed_at))
        return Verdict(tuple(fold(findings)), tuple(failures))

    def _tried(self, one: Detection, event: CloudTrailEvent) -> tuple[list[Match], Failure | None]:
        try:
            return one.matches(event, self._settings), None
        except Exception as error:  # noqa: BLE001 - the isolator of detections: one that raises silences no other
            return [], Failure(one.id, f"{type(error).__name__}: {error}")


def _may_judge(one: Detection, event: CloudTrailEvent) -> bool:
    """Whether a detection looks at calls that went as this one did: done, refused, or failed for no one's fault."""
    if not event.is_refused:
        return not one.failures
    return one.failures or (one.attempts and not event.is_transient_failure)
