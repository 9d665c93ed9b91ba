"""What a detection reads of an event and of its settings while it decides: the reasons of its answer."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, cast

import msgspec

from contract.actor import Actor
from contract.cloudtrail import CloudTrailEvent
from contract.fields import Fields
from hub.detections.settings import DetectionSettings

# Where an actor's attributes come from; the others are worked out of several fields.
_FIELDS_OF_ACTOR = {
    "account_id": "userIdentity.accountId",
    "arn": "userIdentity.arn",
    "invoked_by": "userIdentity.invokedBy",
    "is_root": "userIdentity.type",
    "role": "userIdentity.sessionContext.sessionIssuer.userName",
    "type": "userIdentity.type",
}
# Where an account's list would be named; `muster explain` says that without it all others are strangers.
ORGANIZATION = "the organization's account list (--org)"
# Read to name things, never to decide.
_NAMES = frozenset({"eventID", "awsRegion", "recipientAccountId"})


class Read(msgspec.Struct, frozen=True):
    """A place that was read (a path in the record, a setting) and what stood there; nothing when it was absent."""

    path: str
    values: list[Any]


class Trace:
    """What was read, in order; a place that is read again stands where it was read last."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._read: dict[str, list[Any]] = {}

    def add(self, path: str, values: list[Any]) -> None:
        """Remember a read."""
        known = self._read.pop(path, [])
        self._read[path] = [*known, *(one for one in values if one not in known)]

    def reads(self) -> list[Read]:
        """Return what was read."""
        return [Read(path, values) for path, values in self._read.items()]


class _TracedFields(Fields):
    """Fields that tell what was read of them."""

    __slots__ = ("_above", "_trace")

    def __init__(self, raw: Any, above: str, trace: Trace) -> None:
        super().__init__(raw)
        self._above = above
        self._trace = trace

    def _tell(self, path: str) -> None:
        self._trace.add(f"{self._above}{path}", [one for one in Fields(self.raw).all(path) if one is not None])

    def get(self, path: str, default: Any = None) -> Any:
        self._tell(path)
        return super().get(path, default)

    def all(self, path: str) -> list[Any]:
        self._tell(path)
        return super().all(path)

    def text(self, path: str, default: str = "") -> str:
        self._tell(path)
        return Fields(self.raw).text(path, default)

    def objects(self, path: str) -> list[Fields]:
        found = Fields(self.raw).objects(path)
        if not found:
            self._tell(path)
        return [_TracedFields(one.raw, f"{self._above}{path}.", self._trace) for one in found]

    def __contains__(self, path: str) -> bool:
        self._tell(path)
        return super().__contains__(path)


class TracedEvent(CloudTrailEvent):
    """An event that tells what was read of it."""

    def __init__(self, envelope: Mapping[str, Any], trace: Trace) -> None:
        """Take the event and where to tell."""
        super().__init__(envelope)
        self._trace = trace

    def _plain(self, name: str) -> str:
        value = super()._plain(name)
        if name not in _NAMES:
            self._trace.add(name, [value] if value else [])
        return value

    @cached_property
    def record(self) -> Fields:
        """The whole record."""
        return _TracedFields(self.detail, "", self._trace)

    @cached_property
    def identity(self) -> Fields:
        """`userIdentity`."""
        return _TracedFields(super().identity.raw, "userIdentity.", self._trace)

    @cached_property
    def request(self) -> Fields:
        """`requestParameters`."""
        return _TracedFields(super().request.raw, "requestParameters.", self._trace)

    @cached_property
    def response(self) -> Fields:
        """`responseElements`."""
        return _TracedFields(super().response.raw, "responseElements.", self._trace)

    @cached_property
    def actor(self) -> Actor:
        """Who called."""
        return cast("Actor", _TracedActor(super().actor, self._trace))


class _TracedActor:
    """An actor that tells what was asked of it, as the fields of the record that it is made of."""

    def __init__(self, actor: Actor, trace: Trace) -> None:
        self._actor = actor
        self._trace = trace

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._actor, name)
        field = _FIELDS_OF_ACTOR.get(name)
        told = self._actor.type if name == "is_root" else value
        self._trace.add(field or f"actor.{name}", [] if told == "" else [told])
        return value


class _TracedSettings:
    """Settings that tell what was asked of them."""

    def __init__(self, settings: DetectionSettings, trace: Trace) -> None:
        self._settings = settings
        self._trace = trace

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._settings, name)
        if name == "organization_accounts":
            self._trace.add(ORGANIZATION, [f"{len(value)} accounts"] if value else [])
        elif not callable(value):
            self._trace.add(f"setting {name}", [*value] if isinstance(value, tuple | frozenset) else [value])
        return value


def traced_settings(settings: DetectionSettings, trace: Trace) -> DetectionSettings:
    """Return settings that tell what was asked of them."""
    return cast("DetectionSettings", _TracedSettings(settings, trace))
