"""What a feed is: how to read one kind of event, and what is said about its findings."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from contract.clock import iso
from contract.finding import Finding, Mode, RecordState, Severity, detection_finding_id
from hub.detections.native.event import NativeEvent
from hub.detections.native.moments import moment
from hub.detections.settings import DEFAULTS, DetectionSettings


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What an event says of one finding.

    `key` is its name at the service, by which later events meet it; `said` completes the feed's title. `is_over`: the
    service does not stand by it any more. `is_minor`: it matters only to a finding that is known. Times are as the
    service writes them; without `updated_at` the event's own is it. `details` are stored with the finding.
    """

    key: str
    said: str
    severity: Severity | None = None
    is_over: bool = False
    is_minor: bool = False
    resources: tuple[str, ...] = ()
    updated_at: Any = None
    first_seen: Any = None
    actor: str = ""
    source_ip: str = ""
    details: dict[str, Any] = {}


# Of the event alone, or of the event and the settings.
Read = Callable[[NativeEvent], Report | None] | Callable[[NativeEvent, DetectionSettings], Report | None]


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of event, known by its detail-type, in which the service `product` says what it found.

    `only` are filters of the event's detail, one of which it passes to be forwarded; none: all are. `in_security_hub`:
    Security Hub carries the same findings. `mode` says whether people are told.
    """

    id: str
    title: str
    severity: Severity
    product: str
    detail_types: tuple[str, ...]
    read: Callable[..., Report | None]
    only: tuple[Mapping[str, Any], ...] = ()
    in_security_hub: bool = False
    mode: Mode = Mode.LIVE
    attack: str = ""
    takes_settings: bool = False

    @property
    def name(self) -> str:
        """The setting that switches it on and off."""
        return self.id.partition(".")[2]

    @property
    def doc(self) -> str:
        """What it means, its false positives and the response to it."""
        return self.read.__doc__ or ""

    def finding(self, event: NativeEvent, observed_at: str, settings: DetectionSettings = DEFAULTS) -> Finding | None:
        """Return the finding that an event tells of, if any; a severity that the settings say stands above its own."""
        report = self.read(event, settings) if self.takes_settings else self.read(event)
        return self._made(report, event, observed_at, settings.severities.get(self.id)) if report else None

    def _made(self, report: Report, event: NativeEvent, observed_at: str, forced: Severity | None) -> Finding:
        updated_at = moment(report.updated_at) or event.time
        resources = report.resources or (event.account_arn,)
        return Finding(
            id=detection_finding_id(self.id, report.key or event.id, "", is_attempt=False),
            detection=self.id,
            title=self.title.format(said=report.said, account=event.account),
            severity=forced or report.severity or self.severity,
            account=event.account,
            region=event.region,
            resource=resources[0],
            resources=resources,
            product=self.product,
            family=self.id,
            actor=report.actor,
            source_ip=report.source_ip,
            mode=self._mode(report, forced),
            record_state=RecordState.ARCHIVED if report.is_over else RecordState.ACTIVE,
            details={name: value for name, value in report.details.items() if value},
            first_seen=_text(moment(report.first_seen) or updated_at, observed_at),
            updated_at=_text(updated_at, observed_at),
            observed_at=observed_at,
        )

    def _mode(self, report: Report, forced: Severity | None) -> Mode:
        """What is informational on this occasion is only stored, as detections have it."""
        if report.is_minor:
            return Mode.OFF
        return Mode.MONITOR if report.severity is Severity.INFORMATIONAL and not forced else self.mode


def _text(found: datetime | None, observed_at: str) -> str:
    return iso(found) if found else observed_at


def feed(  # noqa: PLR0913 - the shape of a feed is this list
    *,
    title: str,
    severity: Severity,
    product: str,
    detail_types: tuple[str, ...],
    only: tuple[Mapping[str, Any], ...] = (),
    in_security_hub: bool = False,
    mode: Mode = Mode.LIVE,
    attack: str = "",
) -> Callable[[Read], Feed]:
    """Make a function that reads an event a feed; its id is `native` and the function's name."""

    def made(read: Read) -> Feed:
        return Feed(
            id=f"native.{read.__name__}",
            title=title,
            severity=severity,
            product=product,
            detail_types=detail_types,
            read=read,
            only=only,
            in_security_hub=in_security_hub,
            mode=mode,
            attack=attack,
            takes_settings=read.__code__.co_argcount > 1,
        )

    return made
