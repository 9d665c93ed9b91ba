"""From a match to a finding, and from many findings of a family to one."""

from collections.abc import Iterable
from typing import Any

import msgspec

from contract.clock import iso
from contract.cloudtrail import CloudTrailEvent
from contract.finding import Confidence, Finding, Mode, Severity, detection_finding_id
from contract.resource import account_arn, rendered, short_name
from hub.detections.detection import Detection, Match
from hub.own_findings import DETECTION_FAILED


def made(
    one: Detection, match: Match, event: CloudTrailEvent, observed_at: str, forced: Severity | None = None
) -> Finding:
    """Return the finding of a match. A refused call's is an attempt: another finding, at most MEDIUM.

    `forced` is the severity that the settings say; it stands above the match's and the detection's.
    """
    is_attempt = event.is_refused and not one.failures
    severity = forced or match.severity or one.severity
    resource = match.resource or _recorded_resource(event)
    places = {**_counted(one), **_places(match, event, resource)}
    title = rendered(one.title, event, places, absent="unknown")
    return Finding(
        id=detection_finding_id(one.family, event.id, resource, is_attempt=is_attempt),
        detection=f"{one.id}.attempted" if is_attempt else one.id,
        title=f"Attempted: {title}" if is_attempt else title,
        severity=_attempted(severity, event) if is_attempt else severity,
        family=one.family,
        is_attempt=is_attempt,
        mode=_mode(one, match, forced),
        confidence=_confidence(one, is_attempt=is_attempt),
        **_said_by(event, resource, observed_at),
        details={**match.details, **({"error": event.error} if event.is_refused else {})},
    )


def _places(match: Match, event: CloudTrailEvent, resource: str) -> dict[str, str]:
    details = {name: str(value) for name, value in match.details.items()}
    return {**details, "actor": event.actor.name, "resource": short_name(resource)}


def _counted(one: Detection) -> dict[str, str]:
    window = one.window
    return {"count": str(window.count), "minutes": str(window.seconds // 60)} if window else {}


def failure_finding(one: Detection, reason: str, event: CloudTrailEvent, observed_at: str) -> Finding:
    """Return the finding that a detection raised on an event: a blind spot that somebody must mend."""
    resource = account_arn(event)
    return Finding(
        id=detection_finding_id(f"{DETECTION_FAILED.id}:{one.id}", event.id, resource, is_attempt=False),
        detection=DETECTION_FAILED.id,
        title=DETECTION_FAILED.title.format(detection=one.id, account=event.account_id),
        severity=DETECTION_FAILED.severity,
        family=DETECTION_FAILED.family,
        **_said_by(event, resource, observed_at),
        details={"detection": one.id, "reason": reason},
    )


def _said_by(event: CloudTrailEvent, resource: str, observed_at: str) -> dict[str, Any]:
    moment = iso(event.time)
    return {
        "account": event.account_id,
        "region": event.region,
        "resource": resource,
        "resources": (resource,),
        "actor": event.actor.name,
        "actor_kind": event.actor.kind,
        "actor_role": event.actor.role,
        "actor_arn": event.actor.arn,
        "api_call": event.api_call,
        "event_id": event.id,
        "source_ip": event.source_ip,
        "user_agent": event.user_agent,
        "first_seen": moment,
        "updated_at": moment,
        "observed_at": observed_at,
    }


def _confidence(one: Detection, *, is_attempt: bool) -> Confidence:
    """A refused call changed nothing that could be looked up; what tells of its caller is another matter."""
    is_open = bool(one.lookup) and (not is_attempt or one.is_told_after_lookup)
    return Confidence.UNCONFIRMED if is_open else Confidence.EVENT


def _mode(one: Detection, match: Match, forced: Severity | None) -> Mode:
    """What a detection itself calls informational on this occasion is only stored, as informational detections are.

    So is what waits for its look-up.
    """
    is_minor = match.severity is Severity.INFORMATIONAL and not forced
    return Mode.MONITOR if is_minor or one.is_told_after_lookup else one.mode


def _attempted(severity: Severity, event: CloudTrailEvent) -> Severity:
    if event.is_target_absent:
        return Severity.INFORMATIONAL
    return min(severity, Severity.MEDIUM, key=lambda one: one.rank)


def _recorded_resource(event: CloudTrailEvent) -> str:
    arns = event.record.texts("resources[].ARN")
    return arns[0] if arns else account_arn(event)


def fold(findings: Iterable[Finding]) -> list[Finding]:
    """Return one finding for each id: the most severe (the catalogue's first of equals); the rest stand in `also`."""
    by_id: dict[str, list[Finding]] = {}
    for finding in findings:
        by_id.setdefault(finding.id, []).append(finding)
    return [group[0] if len(group) == 1 else _folded(group) for group in by_id.values()]


def _folded(group: list[Finding]) -> Finding:
    worst = max(group, key=lambda finding: finding.severity.rank)
    also = tuple(dict.fromkeys(one.detection for one in group if one.detection != worst.detection))
    mode = Mode.LIVE if any(one.mode is Mode.LIVE for one in group) else worst.mode
    return msgspec.structs.replace(worst, also=also, mode=mode) if also else worst
