"""What somebody decides about a finding, and what becomes of the finding."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

import msgspec

from contract.asff import ASSIGNEE, SUPPRESSION, UNTIL
from contract.clock import iso
from contract.finding import Finding, Workflow

# A decision reaches Security Hub within seconds, unless a queue is late.
_HEARING = timedelta(minutes=10)


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody (`by`) decided at a time (`contract.clock.iso` text); what is None stays as it is.

    `suppression` says why a finding is suppressed, `until` until when (empty: for good); any other workflow status
    ends both.
    """

    by: str
    at: str
    workflow: Workflow | None = None
    note: str | None = None
    assignee: str | None = None
    suppression: str = ""
    until: str = ""


def after(finding: Finding, decision: Decision) -> Finding:
    """Return the finding as the decision leaves it."""
    workflow = decision.workflow or finding.workflow
    is_suppressing = decision.workflow is Workflow.SUPPRESSED
    is_untouched = decision.workflow is None
    done = msgspec.structs.replace(
        finding,
        workflow=workflow,
        note=finding.note if decision.note is None else decision.note,
        assignee=finding.assignee if decision.assignee is None else decision.assignee,
        suppression=finding.suppression if is_untouched else (decision.suppression if is_suppressing else ""),
        workflow_until=finding.workflow_until if is_untouched else (decision.until if is_suppressing else ""),
        workflow_by=decision.by,
        workflow_at=_holding(finding, decision.at),
        acted_at=decision.at,
        is_told_here=True,
        overruled=_overruled(finding),
    )
    return msgspec.structs.replace(done, customer=_customer(done)) if finding.is_of_security_hub else done


def user_defined(finding: Finding) -> dict[str, str]:
    """Return the user-defined fields that Security Hub should have of a finding: ours, and those of others."""
    stored = finding.customer.get("UserDefinedFields")
    theirs = {name: value for name, value in stored.items() if name not in _OURS} if isinstance(stored, dict) else {}
    values = (finding.assignee, finding.workflow_until, finding.suppression)
    return {**theirs, **{name: value for name, value in zip(_OURS, values, strict=True) if value}}


_OURS = (ASSIGNEE, UNTIL, SUPPRESSION)


def _customer(finding: Finding) -> dict[str, Any]:
    """Return what Security Hub will say when it has heard of the decision, so that its saying so is no news."""
    said = {**finding.customer, "Workflow": {"Status": finding.workflow.value}}
    fields = user_defined(finding)
    return {**said, "UserDefinedFields": fields} if fields or "UserDefinedFields" in said else said


def said_digest(finding: Finding) -> str:
    """Return what tells whether two sights of Security Hub say the same of what its customers may change."""
    return hashlib.sha256(msgspec.json.encode(finding.customer, order="deterministic")).hexdigest()[:16]


def _overruled(finding: Finding) -> str:
    """Return what Security Hub says until it has heard: what it said before the first decision that it has not."""
    if not finding.is_of_security_hub:
        return ""
    return finding.overruled if finding.is_told_here else said_digest(finding)


def _holding(finding: Finding, at: str) -> str:
    """Return the version of a decision: it holds until Security Hub had time to hear of it.

    What Security Hub says meanwhile repeats what was before, for it tells all of a finding whenever a part changes.
    """
    if not finding.is_of_security_hub:
        return at
    return iso(datetime.fromisoformat(at) + _HEARING)
