"""Findings about what lasts: open while a condition holds, closed when it has ended, open again the next time."""

from collections.abc import Iterable, Mapping

import msgspec

from contract.finding import Finding, RecordState, Workflow
from hub.store.findings import Change, FindingStore
from hub.store.merge import merge


def follow(store: FindingStore, detections: Iterable[str], holding: Iterable[Finding], moment: str) -> list[Change]:
    """Store the findings of the conditions that hold, close the detections' others, and return what changed.

    A finding's `updated_at` says since when its condition holds; `moment` is `contract.clock.iso` text. What stays as
    it is costs a read. What people did stays, but what they resolved opens again when its condition comes back.
    """
    held = {one.id: one for one in holding}
    opened = {one for detection in detections for one in store.open_ids(detection)}
    stored = store.read({*held, *opened})
    return store.upsert(
        [
            *(_ended(stored[one], moment) for one in sorted(opened - held.keys()) if _stands(one, stored)),
            *(told for one in held.values() if merge(stored.get(one.id), told := _again(one, stored.get(one.id)))),
        ]
    )


def _stands(finding: str, stored: Mapping[str, Finding]) -> bool:
    """Whether a finding that the index shows as open is: the index comes a moment late."""
    return finding in stored and stored[finding].record_state is RecordState.ACTIVE


def _ended(stored: Finding, moment: str) -> Finding:
    return msgspec.structs.replace(stored, record_state=RecordState.ARCHIVED, updated_at=moment, observed_at=moment)


def _again(finding: Finding, stored: Finding | None) -> Finding:
    """Return a finding of which what people resolved is new again, when they did so before the condition came back."""
    is_back = stored and stored.workflow is Workflow.RESOLVED and stored.workflow_at < finding.updated_at
    return msgspec.structs.replace(finding, workflow_at=finding.updated_at) if is_back else finding
