"""What Muster would make of events, without AWS: forwarded or not, findings, creator tags."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from contract import asff, ocsf
from contract.catalogue import ATTEMPTED
from contract.clock import iso, now
from contract.cloudtrail import CloudTrailEvent, MalformedEventError, wrapped
from contract.fields import Fields
from contract.finding import Confidence, Finding, Mode
from generator.deployment import Deployment
from generator.normalised import normalised
from generator.pattern import forwarded
from generator.reading import Item
from generator.remembered import RememberedWindows
from generator.routing import EVERYTHING
from generator.why import NO, Reason, Reasons
from hub.detections.native.catalogue import FEEDS
from hub.detections.verdict import Verdict
from hub.store.accounts import Account
from spoke.creator_tagger.plan import TaggingPlan, plan

_FOR_PEOPLE = {"file", "place", "kind", "api_call", "rule", "unforwarded_because", "untagged_because", "reasons"}
_NATIVE = {kind: one.id for one in FEEDS for kind in one.detail_types}
_FORMS = {asff.IMPORTED: asff.finding_of, ocsf.IMPORTED: ocsf.finding_of}


class ExplainedFinding(BaseModel):
    """A finding as scripts read it (`docs/architecture.md`, black-box interfaces).

    For people and the store: `id` is its key, `is_looked_up` says that a look-up in the account follows,
    `untold_because` why nobody is told of it.
    """

    id: str = Field(exclude=True)
    is_looked_up: bool = Field(exclude=True)
    untold_because: str = Field(exclude=True)
    detection: str
    severity: str
    attempt: bool
    also: list[str]
    title: str
    resources: list[str]
    account: str
    region: str


class Created(BaseModel):
    """A resource that the creator tagger would tag."""

    arn: str
    tags: dict[str, str]


class Explanation(BaseModel):
    """What becomes of one event; what follows `error` is for people."""

    index: int
    event_id: str | None = None
    forwarded: bool = False
    actor: str | None = None
    findings: list[ExplainedFinding | dict[str, Any]] = []
    creates: list[Created] = []
    error: str | None = None
    file: str = ""
    place: str = ""
    kind: str = ""
    api_call: str = ""
    rule: str = ""
    unforwarded_because: str = ""
    untagged_because: str = ""
    reasons: list[Reason] = []

    @property
    def is_eventful(self) -> bool:
        """Whether anything comes of it that a person should see."""
        return bool(self.error or self.findings or self.creates)

    def line(self) -> str:
        """Return the JSON line that scripts read."""
        return self.model_dump_json(exclude=_FOR_PEOPLE)


def explain(items: Iterable[Item], deployment: Deployment, *, with_reasons: bool = False) -> Iterator[Explanation]:
    """Yield one explanation for each item, in order; a malformed item has an error and never stops the rest.

    `with_reasons` adds what people want to know and scripts do not read.
    """
    windows = RememberedWindows()
    reasons = Reasons(deployment) if with_reasons else None
    for index, item in enumerate(items):
        blank = Explanation(index=index, error=item.error or None, file=item.file, place=item.place)
        if item.error:
            yield blank
            continue
        try:
            envelope = envelope_of(item.value)
            one = _explained(blank, envelope, deployment, windows)
            yield _reasoned(one, envelope, reasons, windows) if reasons else one
        except MalformedEventError as error:
            yield blank.model_copy(update={"error": str(error)})


def findings_of(value: Any, deployment: Deployment, windows: RememberedWindows) -> list[Finding]:
    """Return the findings that the hub would store of an event; `MalformedEventError` when it is none."""
    envelope = envelope_of(value)
    if read := _FORMS.get(envelope["detail-type"]):
        listed = envelope["detail"].get("findings")
        return [read(one, iso(now())) for one in listed or () if isinstance(one, dict)]
    verdict = deployment.engine.judge(envelope, iso(now()))
    return list(verdict.findings if envelope["detail-type"] in _NATIVE else verdict.settled(windows.count))


def envelope_of(value: Any) -> dict[str, Any]:
    """Return an EventBridge event; a bare CloudTrail record or ASFF finding is wrapped in one."""
    if not isinstance(value, dict):
        raise MalformedEventError(f"an event must be a JSON object, this is {type(value).__name__}")
    if "detail-type" in value:
        if not isinstance(value["detail-type"], str):
            raise MalformedEventError("field detail-type must be text")
        if not isinstance(value.get("detail"), dict):
            raise MalformedEventError("field detail must be a JSON object")
        return value
    if asff.is_asff(value):
        return asff.wrapped_finding(value)
    if ocsf.is_ocsf(value):
        return ocsf.wrapped_finding(value)
    if "eventName" in value or "eventSource" in value:
        return wrapped(value)
    held = next((key for key in ("event", "finding", "detail", "record") if isinstance(value.get(key), dict)), None)
    mend = f"; its key {held} holds an object: try --key {held}" if held else ""
    raise MalformedEventError(f"neither an EventBridge event (detail-type) nor a CloudTrail record (eventName){mend}")


def _explained(
    blank: Explanation, envelope: Mapping[str, Any], deployment: Deployment, windows: RememberedWindows
) -> Explanation:
    detail = envelope["detail"]
    kind = envelope["detail-type"]
    explanation = blank.model_copy(update={"event_id": Fields(dict(envelope)).text("id") or None, "kind": kind})
    if read := _FORMS.get(kind):
        findings = detail.get("findings")
        listed = findings if isinstance(findings, list) else []
        rule = forwarded(deployment.ingesting, envelope)
        told = {
            "forwarded": rule is not None,
            "rule": rule or "",
            "findings": [normalised(read(one, iso(now()))) for one in listed if isinstance(one, dict)],
        }
        return explanation.model_copy(update=told)
    if kind in _NATIVE:
        return _reported(explanation, envelope, deployment)
    if "eventName" not in detail:
        return explanation
    event = CloudTrailEvent(envelope)
    rule = forwarded(deployment.rules, envelope)
    findings = deployment.engine.judge(envelope, iso(now())).settled(windows.count)
    tagging = _tagging(event, deployment)
    told = {
        "event_id": event.id,
        "forwarded": rule is not None,
        "actor": event.actor.name,
        "findings": [_explained_finding(finding, deployment) for finding in findings],
        "creates": [Created(arn=arn, tags=tagging.tags) for arn in tagging.arns],
        "kind": "",
        "api_call": event.api_call,
        "rule": rule or "",
        "untagged_because": tagging.reason,
    }
    return explanation.model_copy(update=told)


def _reported(explanation: Explanation, envelope: Mapping[str, Any], deployment: Deployment) -> Explanation:
    """Explain what another service says it found; an event that closes a finding has none."""
    rule = forwarded(deployment.rules, envelope)
    verdict = deployment.engine.judge(envelope, iso(now()))
    found = [one for one in verdict.findings if one.is_open]
    told = {
        "forwarded": rule is not None,
        "actor": next((one.actor for one in found if one.actor), None),
        "findings": [_explained_finding(one, deployment) for one in found],
        "rule": rule or "",
        "reasons": _silence(_NATIVE[explanation.kind], verdict) if rule and not found else [],
    }
    return explanation.model_copy(update=told)


def _silence(feed: str, verdict: Verdict) -> list[Reason]:
    """Return why what another service says is no finding."""
    if verdict.excluded:
        return [Reason(detection=feed, answer="excluded", because=[one.reason for one in verdict.excluded])]
    why = "it closes a finding, if there is one" if verdict.findings else "it tells of nothing that people should see"
    return [Reason(detection=feed, answer=NO, because=[why])]


def _reasoned(
    one: Explanation, envelope: Mapping[str, Any], reasons: Reasons, windows: RememberedWindows
) -> Explanation:
    update: dict[str, Any] = {"unforwarded_because": "" if one.forwarded else reasons.unforwarded(envelope)}
    if one.api_call:
        findings = (finding for finding in one.findings if isinstance(finding, ExplainedFinding))
        raised = [name for finding in findings for name in (finding.detection, *finding.also)]
        update["reasons"] = reasons.of(CloudTrailEvent(envelope), raised, windows)
    return one.model_copy(update=update)


def _tagging(event: CloudTrailEvent, deployment: Deployment) -> TaggingPlan:
    if not deployment.tags:
        return TaggingPlan(api_call=event.api_call, event_id=event.id, reason="the creator tagger is off")
    return plan(event, deployment.tags, deployment.names)


def _explained_finding(finding: Finding, deployment: Deployment) -> ExplainedFinding:
    return ExplainedFinding(
        id=finding.id,
        is_looked_up=finding.confidence is Confidence.UNCONFIRMED,
        untold_because=_untold(finding, deployment),
        detection=finding.detection,
        severity=finding.severity,
        attempt=finding.is_attempt,
        also=list(finding.also),
        title=finding.title,
        resources=list(finding.resources),
        account=finding.account,
        region=finding.region,
    )


def _unrouted(finding: Finding, deployment: Deployment) -> str:
    """Return why no route takes a finding anywhere; empty when one does."""
    account = deployment.accounts.get(finding.account) or Account(id=finding.account, name="")
    moment = datetime.fromisoformat(finding.updated_at)
    answers = deployment.routing.answers(finding, account, deployment.channels, moment)
    if any(one.target for one in answers):
        return ""
    said = (one.why if one.route == EVERYTHING else f"route {one.route}: {one.why}" for one in answers)
    return "; ".join(dict.fromkeys(said)) or "no channel is set"


def _untold(finding: Finding, deployment: Deployment) -> str:
    """Return why nobody is told of a finding, as the hub's transitions and its notifier have it."""
    known = deployment.engine.detections.get(finding.detection.removesuffix(ATTEMPTED))
    is_waiting = known is not None and known.is_told_after_lookup and known.mode is Mode.LIVE
    if finding.mode is not Mode.LIVE and not is_waiting:
        return f"only stored, nobody is told: {finding.mode}"
    if why := _unrouted(finding, deployment):
        return f"only stored, nobody is told: {why}"
    return "told once a look-up in the account has confirmed it" if is_waiting else ""
