"""Runs the catalogue over events: indexed, so that an event costs the same with ten times as many detections."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from contract.cloudtrail import DETAIL_TYPES, CloudTrailEvent
from contract.finding import Finding, Mode
from contract.names import USUAL_NAMES, Names
from hub.detections.anchors import Anchors
from hub.detections.callers import is_read
from hub.detections.detection import Detection
from hub.detections.exclusions import NOWHERE, USUAL_EXCLUSIONS, Exclusions, Place
from hub.detections.findings import failure_finding, fold, made
from hub.detections.glance import Glance, glance_at
from hub.detections.settings import DEFAULTS, DetectionSettings
from hub.detections.verdict import NOTHING, Excluded, Failure, Verdict

if TYPE_CHECKING:
    from hub.detections.native.reading import Reader

_ANY = "*"
# What a call of Muster's own says in its name: spokes tag, the hub tells Security Hub what people did.
_OWN_WORK = ("Tag", "BatchUpdateFindings")
# What the expiry alone does.
_EXPIRY = "expiry"
_DELETIONS = ("DeleteSnapshot", "DeregisterImage")


class Engine:
    """The catalogue, indexed by what an event shows at a glance: its source and name, its source, an anchor's field.

    `names` tell Muster's own roles: their reads, tags and refused calls raise nothing. `detections` are those that are
    not off, by id, as the settings have them.
    """

    def __init__(
        self,
        detections: Iterable[Detection],
        settings: DetectionSettings = DEFAULTS,
        names: Names = USUAL_NAMES,
    ) -> None:
        """Index the detections that are not off; one for every call must be found by a field of its `only`."""
        self._by_call: dict[str, dict[str, list[Detection]]] = {}
        self._anchors: dict[str, Anchors] = {_ANY: Anchors()}
        self.detections: dict[str, Detection] = {}
        self._order: dict[str, int] = {}
        self._settings = settings
        self._names = names
        self._places: Mapping[str, Place] = {}
        self._reader: Reader | None = None
        usual = USUAL_EXCLUSIONS if settings.has_usual_exclusions else ()
        self._exclusions = Exclusions((*settings.exclusions, *usual))
        for one in switched_on(detections, settings):
            self._index(one)

    def _index(self, one: Detection) -> None:
        self.detections[one.id] = one
        self._order[one.id] = len(self._order)
        for call in one.api_calls:
            source, _, name = call.partition(":")
            if source == _ANY or (name == _ANY and one.only):
                self._anchors.setdefault(source, Anchors()).add(one)
            else:
                self._by_call.setdefault(source, {}).setdefault(name, []).append(one)

    def know_places(self, places: Mapping[str, Place]) -> None:
        """Take the organization's present accounts and where they stand; others are strangers."""
        self._places = places
        self._settings = msgspec.structs.replace(self._settings, organization_accounts=frozenset(places))
        self._reader = None

    def candidates(self, detail: Mapping[str, Any]) -> list[Detection]:
        """Return the detections that may have a word on a record, by dictionary look-ups alone, in catalogue order."""
        source, name = detail.get("eventSource"), detail.get("eventName")
        if not (isinstance(source, str) and isinstance(name, str)):
            return []
        found = self._anchored(detail, source)
        if (by_name := self._by_call.get(source)) is not None:
            found += by_name.get(name, ())
            found += by_name.get(_ANY, ())
        return found if len(found) < 2 else sorted(found, key=lambda one: self._order[one.id])

    def _anchored(self, detail: Mapping[str, Any], source: str) -> list[Detection]:
        found = self._anchors[_ANY].find(detail)
        if source in self._anchors and source != _ANY:
            found += self._anchors[source].find(detail)
        return list(found)

    def is_unwatched(self, glance: Mapping[str, Any]) -> bool:
        """Whether no detection has a word on an event of which `glance` holds what dispatch looks at."""
        detail = glance.get("detail")
        if not isinstance(detail, dict) or glance.get("detail-type") not in DETAIL_TYPES:
            return False
        source = detail.get("eventSource", "")
        by_name = self._by_call.get(source, {})
        is_named = detail.get("eventName") in by_name or _ANY in by_name
        return not (is_named or self._anchored(detail, source))

    @cached_property
    def glance(self) -> Glance:
        """The function that reads of an event's JSON just what `is_unwatched` asks for."""
        return glance_at(path for anchors in self._anchors.values() for path in anchors.paths)

    def judge(self, envelope: Mapping[str, Any], observed_at: str) -> Verdict:
        """Return the findings of an EventBridge event: a CloudTrail record, or what another service says it found.

        `observed_at` is `contract.clock.iso` text. Nothing that JSON can hold makes it raise.
        """
        detail = envelope.get("detail") if isinstance(envelope, Mapping) else None
        if not isinstance(detail, dict):
            return NOTHING
        if envelope.get("detail-type") not in DETAIL_TYPES:
            return self._reported(envelope, observed_at)
        found = self.candidates(detail)
        return self._judged(CloudTrailEvent(envelope), found, observed_at) if found else NOTHING

    def _reported(self, envelope: Mapping[str, Any], observed_at: str) -> Verdict:
        """Return what another service says it found; what closes a finding is never excluded."""
        from hub.detections.native.reading import Reader  # noqa: PLC0415 - rare, and no part of cold starts

        self._reader = self._reader or Reader(self._settings)
        verdict = self._reader.judge(envelope, observed_at)
        for finding in verdict.findings if not verdict.failures else ():
            place = self._places.get(finding.account, NOWHERE)
            reason = self._exclusions.reason_against(finding, None, place) if finding.is_open else ""
            if reason:
                return Verdict(excluded=(Excluded(finding.detection, reason),))
        return verdict

    def _judged(self, event: CloudTrailEvent, found: Sequence[Detection], observed_at: str) -> Verdict:
        said: list[Verdict] = []
        for one in found:
            part = self._said(one, event, observed_at) if may_judge(one, event) else NOTHING
            if part is NOTHING:
                continue
            # Asked only now: most events that a detection looks at are no match, and reading the actor costs.
            if self._names.is_own_role(event.actor.role) and _is_own_work(event, self._names):
                return NOTHING
            said.append(part)
        return _joined(said)

    def _said(self, one: Detection, event: CloudTrailEvent, observed_at: str) -> Verdict:
        """Return what one detection says; one that raises says so."""
        forced = self._settings.severities.get(one.id)
        try:
            matches = one.matches(event, self._settings)
            if not matches:
                return NOTHING
            findings = [made(one, match, event, observed_at, forced) for match in matches]
            return self._weighed(one, findings, event)
        except Exception as error:  # noqa: BLE001 - the isolator of detections: one that raises silences no other
            reason = f"{type(error).__name__}: {error}"
            finding = failure_finding(one, reason, event, observed_at)
            return Verdict(findings=(finding,), failures=(Failure(one.id, reason),))

    def _weighed(self, one: Detection, findings: Iterable[Finding], event: CloudTrailEvent) -> Verdict:
        """Leave out what is excluded; what a window counts is not raised yet."""
        place = self._places.get(event.account_id, NOWHERE)
        kept: list[Finding] = []
        excluded: list[Excluded] = []
        for finding in findings:
            reason = self._exclusions.reason_against(finding, event, place)
            if reason:
                excluded.append(Excluded(finding.detection, reason))
            else:
                kept.append(finding)
        if not one.window:
            return Verdict(findings=tuple(kept), excluded=tuple(excluded))
        sightings = tuple(sighting for finding in kept for sighting in one.window.sighted(finding, event))
        return Verdict(sightings=sightings, excluded=tuple(excluded))


def switched_on(detections: Iterable[Detection], settings: DetectionSettings) -> list[Detection]:
    """Return the detections that are not off, each in the mode and with the count that the settings say."""
    configured = (
        msgspec.structs.replace(
            one,
            mode=settings.modes.get(one.id, one.mode),
            window=one.window and one.window.reaching(settings.counts.get(one.id)),
        )
        for one in detections
    )
    return [one for one in configured if one.mode is not Mode.OFF]


def _joined(said: Sequence[Verdict]) -> Verdict:
    """Return the parts as one verdict, with overlapping findings folded."""
    if len(said) < 2:
        part = said[0] if said else NOTHING
        # Of one detection's several matches, those about the same resource are one finding.
        return part if len(part.findings) < 2 else msgspec.structs.replace(part, findings=tuple(fold(part.findings)))
    return Verdict(
        findings=tuple(fold(finding for part in said for finding in part.findings)),
        sightings=tuple(sighting for part in said for sighting in part.sightings),
        excluded=tuple(one for part in said for one in part.excluded),
        failures=tuple(failure for part in said for failure in part.failures),
    )


def _is_own_work(event: CloudTrailEvent, names: Names) -> bool:
    """Whether a call is of the kind that Muster's own roles make: anybody can take their names for something else."""
    if event.is_refused or is_read(event) or any(word in event.name for word in _OWN_WORK):
        return True
    return event.name in _DELETIONS and event.actor.role.startswith(f"{names.spoke_function(_EXPIRY)}-")


def may_judge(one: Detection, event: CloudTrailEvent) -> bool:
    """Whether a detection looks at calls that went as this one did: done, refused, or failed for no one's fault."""
    if not event.is_refused:
        return not one.failures
    return one.failures or (one.attempts and not event.is_transient_failure)
