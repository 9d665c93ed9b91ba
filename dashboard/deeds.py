"""What people can do about a finding, and when it makes sense."""

from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any

import msgspec

from contract.clock import iso
from contract.finding import Finding, Workflow
from hub.store.decisions import Decision

# BatchUpdateFindings takes no longer note; what people write here must fit there too (API reference, NoteUpdate).
LONGEST_NOTE = 512


class Deed(StrEnum):
    """What somebody does about a finding."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    SUPPRESS = "suppress"
    REOPEN = "reopen"

    def decision(self, by: str, note: str, at: str, until: date | None = None) -> Decision:
        """Return what the store writes; `at` is `contract.clock.iso` text, `until` the last day of a suppression."""
        said: dict[str, Any] = {"by": by, "note": note, "at": at, "workflow": self.workflow}
        if self is not Deed.SUPPRESS:
            return Decision(**said)
        ends = iso(datetime.combine(until, time.max, UTC)) if until else ""
        return Decision(**said, suppression=note, until=ends)

    @property
    def workflow(self) -> Workflow:
        """What the finding's workflow status becomes."""
        return _WORKFLOWS[self]


_WORKFLOWS = {
    Deed.ACKNOWLEDGE: Workflow.NOTIFIED,
    Deed.RESOLVE: Workflow.RESOLVED,
    Deed.SUPPRESS: Workflow.SUPPRESSED,
    Deed.REOPEN: Workflow.NEW,
}


def possible(finding: Finding) -> tuple[Deed, ...]:
    """Return the deeds that would change a finding's status, or who looks after it; none if its provider closed it."""
    return tuple(deed for deed in Deed if _changes(finding, deed))


def _changes(finding: Finding, deed: Deed) -> bool:
    if deed is Deed.ACKNOWLEDGE:
        return finding.is_open and finding.workflow is Workflow.NEW
    return msgspec.structs.replace(finding, workflow=deed.workflow).status is not finding.status


def asked(finding: Finding, action: str) -> Deed | None:
    """Return the deed that an address's `action` names, if it makes sense now."""
    return next((deed for deed in possible(finding) if deed.value == action), None)


def missing(deed: Deed, by: str, note: str) -> str:
    """Return what has to be written before the deed can be done; empty when nothing is missing."""
    if not by:
        return "Say who you are."
    return "Say why it is suppressed." if deed is Deed.SUPPRESS and not note else ""
