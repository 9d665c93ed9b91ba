"""Turns of findings: the changes that the workflow follows."""

import msgspec

from contract.finding import Finding, Workflow
from hub.store.history import Entry, entry_of


class Turn(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change of a finding that the workflow follows; `is_opening`: it is open, and was not."""

    finding: str
    is_opening: bool = False
    entry: Entry | None = None


def turn_of(before: Finding | None, after: Finding, revision: int) -> Turn | None:
    """Return what the workflow should hear of a change, or None."""
    entry = entry_of(before, after, revision) if before else None
    is_opening = after.is_open and not (before and before.is_open)
    is_suppressed_at_once = before is None and after.workflow is Workflow.SUPPRESSED
    if not (entry or is_opening or is_suppressed_at_once):
        return None
    return Turn(after.id, is_opening, entry)
