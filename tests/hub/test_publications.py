"""Which changes Security Hub hears of."""

from collections.abc import Callable
from typing import Any

import pytest

from contract.finding import Finding, Mode, RecordState, Severity, Workflow
from hub.publications import is_to_publish

Make = Callable[..., Finding]
LATER = "2026-11-21T09:00:00.000000Z"
CLOSED = {"workflow": Workflow.RESOLVED, "workflow_at": LATER}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, {}, True),
        (None, {"product": "arn:aws:securityhub:eu-central-1::product/aws/guardduty"}, False),
        (None, {"mode": Mode.MONITOR}, False),
        ({"mode": Mode.MONITOR}, {"mode": Mode.MONITOR, "severity": Severity.CRITICAL}, False),
        ({"mode": Mode.MONITOR}, {}, True),
        ({}, {"mode": Mode.MONITOR}, True),
        ({}, {}, False),
        ({}, {"observed_at": LATER}, False),
        ({}, {"updated_at": LATER}, True),
        ({}, {"severity": Severity.CRITICAL}, True),
        ({}, CLOSED, True),
        (CLOSED, {}, True),
        ({}, {"record_state": RecordState.STALE}, True),
        ({}, {"workflow": Workflow.NOTIFIED, "workflow_at": LATER, "workflow_by": "alice"}, False),
        (CLOSED, {**CLOSED, "note": "a drill"}, False),
    ],
)
def test_security_hub_hears_of_what_opens_changes_and_closes_among_our_own(
    finding: Make, before: Any, after: Any, expected: bool
) -> None:
    assert is_to_publish(None if before is None else finding(**before), finding(**after)) is expected
