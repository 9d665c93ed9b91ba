"""The events that spokes publish on the hub's bus. `schema` moves when a reader of the old form would be wrong."""

import msgspec

SCHEMA = 1


class SpokeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What every report of a spoke says: whose it is and in which form."""

    account: str
    region: str
    version: str
    schema: int = SCHEMA


class Heartbeat(SpokeEvent, frozen=True, kw_only=True):
    """A spoke is alive. `checks` names each self-check and what is wrong with it (empty text: well)."""

    config_hash: str
    interval_seconds: int
    checks: dict[str, str] = {}


class TaggingFailure(msgspec.Struct, frozen=True):
    """A resource that stayed untagged, and why."""

    arn: str
    reason: str


class TaggingResult(SpokeEvent, frozen=True, kw_only=True):
    """What the creator tagger made of one create event."""

    api_call: str
    event_id: str
    created_by: str
    tagged: tuple[str, ...] = ()
    failed: tuple[TaggingFailure, ...] = ()
