"""Why each detection said what it said about an event, and why no rule forwards one: for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from pydantic import BaseModel

from contract.catalogue import ATTEMPTED
from contract.clock import iso
from contract.cloudtrail import DETAIL_TYPES, CloudTrailEvent
from contract.finding import Mode
from generator.deployment import Deployment
from generator.matcher import matches
from generator.pattern import ENABLED, is_delivered, is_read_only
from generator.remembered import RememberedWindows
from generator.shown import listed, printable, shown
from generator.trace import Read, Trace, TracedEvent, traced_settings
from hub.detections.detection import Detection
from hub.detections.engine import Engine, may_judge

YES, NO = "yes", "no"


class Reason(BaseModel):
    """What a detection said (`yes`, `no`, or why its answer does not count), and what it looked at, in order.

    `is_read`: it was asked, and read the event.
    """

    detection: str
    answer: str
    because: list[str]
    is_read: bool = False


class Reasons:
    """Asks every detection that has a word on an event, also those that are off, and listens to what they read."""

    def __init__(self, deployment: Deployment) -> None:
        """Take what judges."""
        everything = {one.id: Mode.LIVE for one in deployment.catalogue}
        settings = msgspec.structs.replace(deployment.settings, modes=everything)
        self._asked = Engine(deployment.catalogue, settings, deployment.names)
        self._deployment = deployment
        self._own = {one.id: one for one in deployment.catalogue}

    def of(self, event: CloudTrailEvent, raised: Sequence[str], windows: RememberedWindows) -> list[Reason]:
        """Return why each detection said what it said; `raised` are the detections of the event's findings."""
        if event.envelope.get("detail-type") not in DETAIL_TYPES:
            return []
        if self._deployment.names.is_own_role(event.actor.role):
            return [Reason(detection="*", answer=NO, because=[f"{event.actor.role} is one of Muster's own roles"])]
        verdict = self._deployment.engine.judge(event.envelope, iso(event.time))
        settled = {
            **{_deed(one.detection): ("counted", windows.told(one)) for one in verdict.sightings},
            **{_deed(one.detection): ("excluded", one.reason) for one in verdict.excluded},
        }
        for one in raised:
            settled.pop(_deed(one), None)
        return [
            Reason(detection=one.id, answer=settled[one.id][0], because=[settled[one.id][1]])
            if one.id in settled
            else self._reason(one, event)
            for one in self._asked.candidates(event.detail)
        ]

    def unforwarded(self, envelope: Mapping[str, Any]) -> str:
        """Return why no rule forwards a CloudTrail event."""
        found = _hindrances(envelope, envelope["detail"], self._deployment)
        return next(found, "no rule's filter lets it through")

    def _reason(self, one: Detection, event: CloudTrailEvent) -> Reason:
        own = self._own[one.id]
        if self._deployment.settings.modes.get(one.id, own.mode) is Mode.OFF:
            return Reason(detection=one.id, answer="off", because=["it is off"])
        if not may_judge(one, event):
            return Reason(detection=one.id, answer=NO, because=[_unasked(one, event)])
        trace = Trace()
        try:
            answer = self._answer(one, TracedEvent(event.envelope, trace), trace)
        except Exception as error:  # noqa: BLE001 - as the engine's isolator: one that raises silences no other
            return Reason(detection=one.id, answer="failed", because=[f"{type(error).__name__}: {error}"])
        return Reason(detection=one.id, answer=YES if answer else NO, because=_told(trace.reads(), event), is_read=True)

    def _answer(self, one: Detection, event: CloudTrailEvent, trace: Trace) -> bool:
        if not one.takes_settings:
            return bool(one.predicate(event))
        return bool(one.predicate(event, traced_settings(self._deployment.settings, trace)))


def _deed(identifier: str) -> str:
    return identifier.removesuffix(ATTEMPTED)


def _unasked(one: Detection, event: CloudTrailEvent) -> str:
    if one.failures:
        return "it looks at refused calls only"
    if one.attempts:
        return f"the service was busy ({event.error}), which is nobody's attempt"
    return f"the call was refused: {event.error}"


def _told(reads: Sequence[Read], event: CloudTrailEvent) -> list[str]:
    if not reads:
        return [f"eventName is {event.name}"]
    absent = [_place(one) for one in reads if not one.values]
    verb = "are" if len(absent) > 1 else "is"
    return [
        *(f"{_place(one)} {shown(one.path, one.values)}" for one in reads if one.values),
        *([f"{listed(absent)} {verb} absent"] if absent else []),
    ]


def _place(one: Read) -> str:
    return printable(one.path.replace("[]", ""))


def _hindrances(envelope: Mapping[str, Any], detail: Mapping[str, Any], deployment: Deployment) -> Iterator[str]:
    call = (str(detail.get("eventSource", "")), str(detail.get("eventName", "")))
    if envelope.get("detail-type") not in DETAIL_TYPES:
        yield f"no rule is for {envelope.get('detail-type')}"
    if not str(envelope.get("source", "")).startswith("aws."):
        yield f"its source {envelope.get('source')!r} is not AWS's own"
    if not any(is_delivered(rule, {**detail, "eventSource": "", "eventName": ""}) for rule in deployment.rules):
        yield f"it is an event of category {detail.get('eventCategory')}, which EventBridge gives to no rule"
    candidates = deployment.engine.candidates(detail)
    if not any(":".join(call) in one.api_calls for one in candidates):
        yield f"no detection names {call[0]}:{call[1]}" + (", a read-only call" if is_read_only(call) else "")
    if is_read_only(call) and all(rule.state == ENABLED for rule in deployment.rules):
        yield "it is a read-only call, and detections.read_only_calls is off"
    if any(rule.state == ENABLED and matches(rule.pattern, envelope) for rule in deployment.rules):
        yield "it is a read-only call, which EventBridge gives only to rules that ask for those"
    if error := detail.get("errorCode"):
        is_wanted = any(one.attempts or one.failures for one in candidates)
        why = "detections.refused_calls is off" if is_wanted else "no detection of it looks at refused calls"
        yield f"it was refused ({error}), and {why}"
