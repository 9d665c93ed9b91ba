"""Which changes of findings Security Hub should hear of."""

import msgspec

from contract.clock import EPOCH
from contract.finding import OURS, Finding, Mode, Workflow


def is_to_publish(before: Finding | None, after: Finding) -> bool:
    """Return whether a change of a finding concerns Security Hub: one of ours, and something that is said there.

    Only what people are told is published; a finding that they are no longer told of is archived there. What people
    write about a finding concerns Security Hub only when it closes or opens it: the rest is theirs in both places.
    """
    if after.product != OURS:
        return False
    was_published = before is not None and before.mode is Mode.LIVE
    if after.mode is not Mode.LIVE:
        return was_published
    return not (before and was_published) or _said(before) != _said(after)


def _said(finding: Finding) -> tuple[Finding, bool]:
    unsaid = {"workflow": Workflow.NEW, "workflow_at": EPOCH, "workflow_by": "", "note": "", "observed_at": EPOCH}
    return msgspec.structs.replace(finding, **unsaid), finding.is_open
