"""What Muster would make of events, without AWS: forwarded or not, findings, creator tags."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, Field

from contract import asff, ocsf
from contract.clock import iso, now
from contract.cloudtrail import CloudTrailEvent, MalformedEventError, wrapped
from contract.fields import Fields
from contract.finding import Confidence, Finding
from generator.deployment import Deployment
from generator.pattern import forwarded
from generator.reading import Item
from generator.remembered import RememberedWindows
from generator.why import Reason, Reasons
from hub.detections.native.catalogue import FEEDS
from spoke.creator_tagger.plan import TaggingPlan, plan

_FOR_PEOPLE = {"kind", "api_call", "rule", "unforwarded_because", "untagged_because", "reasons"}
_NATIVE = {kind for one in FEEDS for kind in one.detail_types}
_FORMS = {asff.IMPORTED: asff.described, ocsf.IMPORTED: ocsf.described}


class ExplainedFinding(BaseModel):
    """A finding as scripts read it (`docs/architecture.md`, black-box interfaces).

    For people and the store: `id` is its key, `is_looked_up` says that a look-up in the account follows.
    """

    id: str = Field(exclude=True)
    is_looked_up: bool = Field(exclude=True)
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
        if item.error:
            yield Explanation(index=index, error=item.error)
            continue
        try:
            envelope = envelope_of(item.value)
            one = _explained(index, envelope, deployment, windows)
            yield _reasoned(one, envelope, reasons, windows) if reasons and one.api_call else one
        except MalformedEventError as error:
            yield Explanation(index=index, error=str(error))


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
    index: int, envelope: Mapping[str, Any], deployment: Deployment, windows: RememberedWindows
) -> Explanation:
    detail = envelope["detail"]
    kind = envelope["detail-type"]
    explanation = Explanation(index=index, event_id=Fields(dict(envelope)).text("id") or None, kind=kind)
    if describe := _FORMS.get(kind):
        findings = detail.get("findings")
        listed = findings if isinstance(findings, list) else []
        return explanation.model_copy(update={"findings": [describe(one) for one in listed if isinstance(one, dict)]})
    if kind in _NATIVE:
        return _reported(explanation, envelope, deployment)
    if "eventName" not in detail:
        return explanation
    event = CloudTrailEvent(envelope)
    rule = forwarded(deployment.rules, envelope)
    findings = deployment.engine.judge(envelope, iso(now())).settled(windows.count)
    tagging = _tagging(event, deployment)
    return Explanation(
        index=index,
        event_id=event.id,
        forwarded=rule is not None,
        actor=event.actor.name,
        findings=[explained_finding(finding) for finding in findings],
        creates=[Created(arn=arn, tags=tagging.tags) for arn in tagging.arns],
        api_call=event.api_call,
        rule=rule or "",
        untagged_because=tagging.reason,
    )


def _reported(explanation: Explanation, envelope: Mapping[str, Any], deployment: Deployment) -> Explanation:
    """Explain what another service says it found; an event that closes a finding has none."""
    rule = forwarded(deployment.rules, envelope)
    found = [one for one in deployment.engine.judge(envelope, iso(now())).findings if one.is_open]
    told = {"actor": next((one.actor for one in found if one.actor), None), "rule": rule or ""}
    listed = [explained_finding(one) for one in found]
    return explanation.model_copy(update={"forwarded": rule is not None, "findings": listed, **told})


def _reasoned(
    one: Explanation, envelope: Mapping[str, Any], reasons: Reasons, windows: RememberedWindows
) -> Explanation:
    findings = (finding for finding in one.findings if isinstance(finding, ExplainedFinding))
    raised = [name for finding in findings for name in (finding.detection, *finding.also)]
    return one.model_copy(
        update={
            "reasons": reasons.of(CloudTrailEvent(envelope), raised, windows),
            "unforwarded_because": "" if one.forwarded else reasons.unforwarded(envelope),
        }
    )


def _tagging(event: CloudTrailEvent, deployment: Deployment) -> TaggingPlan:
    if not deployment.created_by_key:
        return TaggingPlan(api_call=event.api_call, event_id=event.id, reason="the creator tagger is off")
    return plan(event, deployment.created_by_key, deployment.names)


def explained_finding(finding: Finding) -> ExplainedFinding:
    """Return a finding as scripts read it."""
    return ExplainedFinding(
        id=finding.id,
        is_looked_up=finding.confidence is Confidence.UNCONFIRMED,
        detection=finding.detection,
        severity=finding.severity,
        attempt=finding.is_attempt,
        also=list(finding.also),
        title=finding.title,
        resources=list(finding.resources),
        account=finding.account,
        region=finding.region,
    )
