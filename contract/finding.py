"""A finding: something about an account that somebody should know, whoever found it."""

import hashlib
from enum import StrEnum
from typing import Any

import msgspec

from contract.clock import EPOCH

# The product that finds what the detections find.
OURS = "muster"


class Severity(StrEnum):
    """How bad it is; `rank` orders them."""

    INFORMATIONAL = "INFORMATIONAL"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"

    @property
    def rank(self) -> int:
        """0 (informational) to 4 (critical)."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Workflow(StrEnum):
    """What people did about it (Security Hub's workflow status)."""

    NEW = "NEW"
    NOTIFIED = "NOTIFIED"
    SUPPRESSED = "SUPPRESSED"
    RESOLVED = "RESOLVED"


class RecordState(StrEnum):
    """Whether the provider still stands by it; STALE: the provider forgot it."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"
    STALE = "STALE"


class Status(StrEnum):
    """What a list shows, derived from workflow, record state and compliance."""

    OPEN = "OPEN"
    SUPPRESSED = "SUPPRESSED"
    RESOLVED = "RESOLVED"
    ARCHIVED = "ARCHIVED"
    STALE = "STALE"


class Mode(StrEnum):
    """What becomes of a detection's findings: told to people, or only stored."""

    LIVE = "live"
    MONITOR = "monitor"
    OFF = "off"


class Confidence(StrEnum):
    """Whether it is so: the event alone decides, or a look-up in the account does, which has not yet, agrees or not."""

    EVENT = ""
    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    REFUTED = "refuted"


# What a look-up saw stands under this name in a finding's details.
LOOK_UP = "look_up"


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One finding. Times are `contract.clock.iso` text.

    Three groups of fields change on their own, each with its version: what the provider says (`updated_at`, then
    `observed_at`), what people did (`workflow_at`), and what another finding took over (`superseded_at`).
    `hub.store.merge` joins them.

    Of Security Hub's findings `source_id` and `product_arn` are the identity, `source` is the document as the provider
    wrote it, `customer` what its customers may change of it, `provider_severity` the severity before they did.
    `passed_at` is the latest moment at which the control passed. `acted_at` says when people acted, where that is
    known: `workflow_at` is only the version of what was seen. `is_told_here`: they did it here, not in Security Hub,
    whose customers' part was `overruled` (a digest) before: until it has heard of the decision, it repeats that.
    """

    id: str
    detection: str
    title: str
    severity: Severity
    account: str
    region: str
    resource: str
    product: str = OURS
    family: str = ""
    resources: tuple[str, ...] = ()
    actor: str = ""
    actor_kind: str = ""
    actor_role: str = ""
    actor_arn: str = ""
    api_call: str = ""
    event_id: str = ""
    source_ip: str = ""
    user_agent: str = ""
    is_attempt: bool = False
    also: tuple[str, ...] = ()
    mode: Mode = Mode.LIVE
    confidence: Confidence = Confidence.EVENT
    compliance: str = ""
    record_state: RecordState = RecordState.ACTIVE
    details: dict[str, Any] = {}
    source_id: str = ""
    product_arn: str = ""
    company: str = ""
    generator: str = ""
    control: str = ""
    description: str = ""
    types: tuple[str, ...] = ()
    resource_types: tuple[str, ...] = ()
    standards: tuple[str, ...] = ()
    remediation: str = ""
    help_url: str = ""
    provider_severity: Severity | None = None
    is_consolidated_away: bool = False
    source: dict[str, Any] = {}
    first_seen: str = EPOCH
    updated_at: str = EPOCH
    observed_at: str = EPOCH
    passed_at: str = EPOCH
    workflow: Workflow = Workflow.NEW
    workflow_at: str = EPOCH
    workflow_by: str = ""
    workflow_until: str = ""
    acted_at: str = ""
    is_told_here: bool = False
    overruled: str = ""
    assignee: str = ""
    suppression: str = ""
    note: str = ""
    customer: dict[str, Any] = {}
    superseded_at: str = EPOCH
    superseded_by: str = ""

    @property
    def status(self) -> Status:
        """OPEN while somebody should look; otherwise why nobody needs to."""
        if self.record_state is not RecordState.ACTIVE:
            return Status(self.record_state.value)
        if self.workflow is Workflow.SUPPRESSED:
            return Status.SUPPRESSED
        if self.workflow is Workflow.RESOLVED or self.compliance == "PASSED":
            return Status.RESOLVED
        return Status.ARCHIVED if self.is_superseded else Status.OPEN

    @property
    def is_open(self) -> bool:
        """Whether somebody should still look at it."""
        return self.status is Status.OPEN

    @property
    def is_superseded(self) -> bool:
        """Whether the control has passed since, under another id."""
        return self.superseded_at > self.updated_at

    @property
    def is_of_security_hub(self) -> bool:
        """Whether Security Hub keeps it, so that what people do about it belongs there too."""
        return bool(self.product_arn)

    @property
    def certainty(self) -> str:
        """What a look-up in the account made of it, in words; empty where the event alone decides."""
        if self.confidence is Confidence.EVENT:
            return ""
        said = self.details.get(LOOK_UP) or "nobody has looked into the account yet"
        return f"{self.confidence.capitalize()}: {said}"


def detection_finding_id(family: str, event_id: str, resource: str, *, is_attempt: bool) -> str:
    """Return the id of a finding of ours.

    The detection and its severity are no part of it, so that a replay after a changed setting meets the same finding.
    """
    return _digest("muster", family, "attempt" if is_attempt else "deed", event_id, resource)


def provider_finding_id(product_arn: str, source_id: str) -> str:
    """Return the id of a finding of Security Hub's: it knows it by its product and the product's own id."""
    return _digest(product_arn, source_id)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
