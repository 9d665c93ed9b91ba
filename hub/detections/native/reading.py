"""From an event of another service's own to its finding, by its detail-type."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from contract.clock import iso
from contract.finding import Finding, Mode, detection_finding_id
from hub.detections.native.catalogue import FEEDS
from hub.detections.native.event import NativeEvent
from hub.detections.native.feed import Feed
from hub.detections.settings import DEFAULTS, DetectionSettings
from hub.detections.verdict import NOTHING, Failure, Verdict
from hub.own_findings import DETECTION_FAILED


class Reader:
    """The feeds that are not off, by detail-type."""

    def __init__(self, settings: DetectionSettings = DEFAULTS, feeds: Iterable[Feed] = FEEDS) -> None:
        """Take what the settings say of the feeds, and who is a stranger."""
        self._settings = settings
        self._feeds: dict[str, Feed] = {}
        for one in feeds:
            mode = settings.modes.get(one.id, one.mode)
            if mode is not Mode.OFF:
                known = msgspec.structs.replace(one, mode=mode)
                self._feeds |= dict.fromkeys(one.detail_types, known)

    def judge(self, envelope: Mapping[str, Any], observed_at: str) -> Verdict:
        """Return the finding that an EventBridge event tells of; nothing for an event of no feed. Never raises."""
        kind, source = envelope.get("detail-type"), envelope.get("source")
        one = self._feeds.get(kind) if isinstance(kind, str) else None
        if not (one and isinstance(source, str) and source.startswith("aws.")):
            return NOTHING
        event = NativeEvent(envelope)
        try:
            finding = one.finding(event, observed_at, self._settings)
        except Exception as error:  # noqa: BLE001 - the isolator of feeds: one that raises is a finding, not silence
            reason = f"{type(error).__name__}: {error}"
            found = (_failure(one, reason, event, observed_at),)
            return Verdict(findings=found, failures=(Failure(one.id, reason),))
        return Verdict(findings=(finding,)) if finding else NOTHING


def _failure(one: Feed, reason: str, event: NativeEvent, observed_at: str) -> Finding:
    resource = event.account_arn
    moment = iso(event.time) if event.time else observed_at
    return Finding(
        id=detection_finding_id(f"{DETECTION_FAILED.id}:{one.id}", event.id, resource, is_attempt=False),
        detection=DETECTION_FAILED.id,
        title=DETECTION_FAILED.title.format(detection=one.id, account=event.account),
        severity=DETECTION_FAILED.severity,
        account=event.account,
        region=event.region,
        resource=resource,
        resources=(resource,),
        family=DETECTION_FAILED.family,
        details={"detection": one.id, "reason": reason},
        first_seen=moment,
        updated_at=moment,
        observed_at=observed_at,
    )
