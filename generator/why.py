"""Why each detection said what it said about an event: for people."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from pydantic import BaseModel

from contract.catalogue import ATTEMPTED
from contract.clock import iso
from contract.cloudtrail import DETAIL_TYPES, CloudTrailEvent
from contract.finding import Mode
from generator.deployment import Deployment
from generator.remembered import RememberedWindows
from generator.shown import printable, shown
from generator.statements import deciding, stated, statements_of
from generator.trace import Read, Trace, TracedEvent, traced_settings
from generator.unforwarded import unforwarded
from hub.detections.detection import Detection
from hub.detections.engine import Engine, may_judge

YES, NO = "yes", "no"
_SWITCHED_OFF = "the settings switch it off"
_OFF = 'it is off from the start; mode = "live" in its table of [detections] switches it on'


class Reason(BaseModel):
    """What a detection said (`yes`, `no`, or why its answer does not count), and what it looked at, in order.

    `absent` are the places where nothing stood. `is_read`: it was asked, and read the event.
    """

    detection: str
    answer: str
    because: list[str]
    absent: list[str] = []
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
        if self._deployment.names.is_own_role(event.actor.role) and not raised:
            return [Reason(detection="*", answer=NO, because=[f"{event.actor.role} is one of Muster's own roles"])]
        verdict = self._deployment.engine.judge(event.envelope, iso(event.time))
        counted = {_deed(one.detection): windows.told(one) for one in verdict.sightings}
        settled = {
            **{name: ("counted", count) for name, count in counted.items()},
            **{_deed(one.detection): ("excluded", one.reason) for one in verdict.excluded},
        }
        for one in map(_deed, raised):
            settled.pop(one, None)
        return [
            Reason(detection=one.id, answer=settled[one.id][0], because=[settled[one.id][1]])
            if one.id in settled
            else _counting(self._reason(one, event), counted.get(one.id, ""))
            for one in self._asked.candidates(event.detail)
        ]

    def unforwarded(self, envelope: Mapping[str, Any]) -> str:
        """Return why no rule forwards an event."""
        return unforwarded(envelope, self._deployment, self._asked)

    def _reason(self, one: Detection, event: CloudTrailEvent) -> Reason:
        set_mode = self._deployment.settings.modes.get(one.id)
        if (set_mode or self._own[one.id].mode) is Mode.OFF:
            return Reason(detection=one.id, answer="off", because=[_SWITCHED_OFF if set_mode else _OFF])
        if not may_judge(one, event):
            return Reason(detection=one.id, answer=NO, because=[_unasked(one, event)])
        trace = Trace()
        try:
            answer = self._answer(one, TracedEvent(event.envelope, trace), trace)
            because = self._told(one, trace.reads(), event)
        except Exception as error:  # noqa: BLE001 - as the engine's isolator: one that raises silences no other
            return Reason(detection=one.id, answer="failed", because=[f"{type(error).__name__}: {error}"])
        return Reason(
            detection=one.id,
            answer=YES if answer else NO,
            because=because,
            absent=[_place(read) for read in trace.reads() if not _held(read)],
            is_read=True,
        )

    def _answer(self, one: Detection, event: CloudTrailEvent, trace: Trace | None = None) -> bool:
        if not one.takes_settings:
            return bool(one.predicate(event))
        settings = self._deployment.settings
        return bool(one.predicate(event, traced_settings(settings, trace) if trace else settings))

    def _told(self, one: Detection, reads: Sequence[Read], event: CloudTrailEvent) -> list[str]:
        """Return what stood where a detection looked; one that looked nowhere has judged by the call alone."""
        if not reads:
            return [f"eventName is {event.name}", *([f"errorCode is {event.error}"] if event.is_refused else [])]

        def fires(detail: Mapping[str, Any]) -> bool:
            return self._answer(one, CloudTrailEvent({**event.envelope, "detail": detail}))

        return [f"{_place(read)} {_said(read, event, fires)}" for read in reads if _held(read)]


def _deed(identifier: str) -> str:
    return identifier.removesuffix(ATTEMPTED)


def _unasked(one: Detection, event: CloudTrailEvent) -> str:
    if one.failures:
        return "it looks at refused calls only"
    if one.attempts:
        return f"the service was busy ({event.error}), which is nobody's attempt"
    return f"the call was refused: {event.error}"


def _said(read: Read, event: CloudTrailEvent, fires: Callable[[Mapping[str, Any]], bool]) -> str:
    """Return what stood at a place; of a policy the statements that decided."""
    statements = [one for value in read.values if statements_of(value) for one in deciding(value, event.detail, fires)]
    return printable(f"says {stated(statements)}") if statements else shown(read.path, _held(read))


def _held(read: Read) -> list[Any]:
    """Return what stood at a place; empty text is nothing, as S3 writes it beside what a request has."""
    return [one for one in read.values if one != ""]


def _place(read: Read) -> str:
    return printable(read.path.replace("[]", ""))


def _counting(said: Reason, count: str) -> Reason:
    """Return a reason that begins with how far the count is; as it is where nothing is counted."""
    return said.model_copy(update={"because": [count, *said.because]}) if count else said
