"""Why no rule forwards an event: for people."""

from collections.abc import Iterator, Mapping
from typing import Any

from contract import asff, ocsf
from contract.cloudtrail import DETAIL_TYPES
from contract.finding import Mode
from generator.deployment import Deployment
from generator.matcher import matches
from generator.pattern import ENABLED, is_delivered, is_read_only
from generator.shown import listed
from hub.detections.engine import Engine
from hub.detections.native.catalogue import FEEDS

IN_SECURITY_HUB = (asff.IMPORTED, ocsf.IMPORTED)


def unforwarded(envelope: Mapping[str, Any], deployment: Deployment, everything: Engine) -> str:
    """Return why no rule forwards an event; `everything` knows the detections that are off, too."""
    kind = envelope["detail-type"]
    if kind in DETAIL_TYPES:
        found = _hindrances(envelope, envelope["detail"], deployment, everything)
        return next(found, "no rule's filter lets it through")
    if kind in IN_SECURITY_HUB:
        return _not_ingested(kind, deployment)
    one = next((feed for feed in FEEDS if kind in feed.detail_types), None)
    if not one:
        return f"no rule is for {kind}"
    if deployment.settings.modes.get(one.id, one.mode) is Mode.OFF:
        return f"{one.id} is off"
    return f"{one.id} leaves it out: the rule's filter does not let it through"


def _not_ingested(kind: str, deployment: Deployment) -> str:
    if not deployment.ingesting:
        return "feeds.security_hub is off"
    asked = listed([str(one) for rule in deployment.ingesting for one in rule.pattern["detail-type"]])
    return (
        f"feeds.security_hub_format asks for {asked}, this is {kind}"
        if kind not in asked
        else "its source is not AWS's"
    )


def _hindrances(
    envelope: Mapping[str, Any], detail: Mapping[str, Any], deployment: Deployment, everything: Engine
) -> Iterator[str]:
    source, name = str(detail.get("eventSource", "")), str(detail.get("eventName", ""))
    if not str(envelope.get("source", "")).startswith("aws."):
        yield f"its source {envelope.get('source')!r} is not AWS's own"
    if not any(is_delivered(rule, {**detail, "eventSource": "", "eventName": ""}) for rule in deployment.rules):
        yield f"it is an event of category {detail.get('eventCategory')}, which EventBridge gives to no rule"
    candidates = deployment.engine.candidates(detail)
    is_read = is_read_only((source, name))
    if not any(f"{source}:{name}" in one.api_calls for one in candidates):
        off = [one.id for one in everything.candidates(detail) if f"{source}:{name}" in one.api_calls]
        yield _unnamed(f"{source}:{name}", off) + (", a read-only call" if is_read and not off else "")
    if is_read and all(rule.state == ENABLED for rule in deployment.rules):
        yield "it is a read-only call, and detections.read_only_calls is off"
    if any(rule.state == ENABLED and matches(rule.pattern, envelope) for rule in deployment.rules):
        yield "it is a read-only call, which EventBridge gives only to rules that ask for those"
    if error := detail.get("errorCode"):
        is_wanted = any(one.attempts or one.failures for one in candidates)
        why = "detections.refused_calls is off" if is_wanted else "no detection of it looks at refused calls"
        yield f"it was refused ({error}), and {why}"


def _unnamed(call: str, off: list[str]) -> str:
    verb = "are" if len(off) > 1 else "is"
    return f"{listed(off)}, which {call} is for, {verb} off" if off else f"no detection names {call}"
