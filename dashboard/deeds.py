"""What people can do about a finding, and when it makes sense."""

from datetime import UTC, date, datetime, time
from enum import StrEnum

import msgspec

from contract.clock import iso
from contract.finding import Finding, RecordState, Workflow
from hub.store.decisions import Decision

# BatchUpdateFindings takes no longer note; what people write here must fit there too (API reference, NoteUpdate).
LONGEST_NOTE = 512


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says with a deed: who (`by`), why; `until` is a suppression's last day, `assignee` who gets it.

    `wrong` is what cannot be meant.
    """

    by: str
    note: str = ""
    until: date | None = None
    assignee: str = ""
    wrong: str = ""


class Deed(StrEnum):
    """What somebody does about a finding."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    SUPPRESS = "suppress"
    REOPEN = "reopen"
    ASSIGN = "assign"
    NOTE = "note"

    def decision(self, said: Said, at: str) -> Decision:
        """Return what the store writes; `at` is `contract.clock.iso` text. An empty note to an assignment adds none."""
        decision = Decision(by=said.by, at=at, note=said.note, workflow=self.workflow)
        if self is Deed.ASSIGN:
            return msgspec.structs.replace(decision, assignee=said.assignee, note=said.note or None)
        if self is not Deed.SUPPRESS:
            return decision
        ends = iso(datetime.combine(said.until, time.max, UTC)) if said.until else ""
        return msgspec.structs.replace(decision, suppression=said.note, until=ends)

    @property
    def workflow(self) -> Workflow | None:
        """What the finding's workflow status becomes; None: what it was."""
        return _WORKFLOWS.get(self)

    @property
    def label(self) -> str:
        """What its button says it does, before `this finding` or `12 findings`."""
        return _LABELS.get(self, self.capitalize())


_LABELS = {Deed.NOTE: "Note on"}

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
    if deed.workflow is None:
        return finding.record_state is RecordState.ACTIVE
    if deed is Deed.ACKNOWLEDGE:
        return finding.is_open and finding.workflow is Workflow.NEW
    return msgspec.structs.replace(finding, workflow=deed.workflow).status is not finding.status


def asked(finding: Finding, action: str) -> Deed | None:
    """Return the deed that an address's `action` names, if it makes sense now."""
    return next((deed for deed in possible(finding) if deed.value == action), None)


def missing(deed: Deed, said: Said) -> str:
    """Return what has to be written, or otherwise, before the deed can be done; empty when nothing is missing."""
    if said.wrong:
        return said.wrong
    if not said.by:
        return "Say who you are."
    if deed is Deed.NOTE and not said.note:
        return "Write the note."
    return "Say why it is suppressed." if deed is Deed.SUPPRESS and not said.note else ""
