"""What a service says again of its findings: closed ones keep what was said of them, those that come back are new."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from contract.finding import Finding, Mode, RecordState, Workflow
from hub.store.merge import joined


def met(findings: Iterable[Finding], stored: Mapping[str, Finding]) -> Iterator[Finding]:
    """Yield the findings of services as they are to be stored, given what the store has of them, by id.

    An event that closes a finding often says nothing else of it: what was said before stays. What people resolved is
    new again when the service had closed it and finds it once more, as in Security Hub; what they suppressed stays so.
    A finding whose mode is off is only about one that is known.
    """
    known = dict(stored)
    for finding in sorted(findings, key=lambda one: one.updated_at):
        before = known.get(finding.id)
        if before is None and finding.mode is Mode.OFF:
            continue
        told = _told(finding, before) if before else finding
        known[finding.id] = joined(before, told) if before else told
        yield told


def _told(finding: Finding, before: Finding) -> Finding:
    if finding.record_state is not RecordState.ACTIVE:
        times = {"updated_at": finding.updated_at, "observed_at": finding.observed_at}
        return msgspec.structs.replace(before, record_state=finding.record_state, **times)
    is_back = before.record_state is not RecordState.ACTIVE and before.workflow is Workflow.RESOLVED
    if is_back and before.workflow_at < finding.updated_at:
        return msgspec.structs.replace(finding, workflow_at=finding.updated_at)
    return finding
