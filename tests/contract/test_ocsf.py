"""What the new Security Hub's findings say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.finding import Severity, Status, Workflow
from contract.ocsf import finding_of, metadata_uid
from hub.store.items import finding_of as stored
from hub.store.items import item_of

OBSERVED = "2026-11-20T09:00:05.000000Z"
INSTANCE = "arn:aws:ec2:eu-central-1:444455556666:instance/i-0123456789abcdef0"


def threat(**changes: Any) -> dict[str, Any]:
    """Return a GuardDuty finding; what is not said is usual."""
    usual = {
        "activity_name": "Create",
        "class_uid": 2004,
        "cloud": {"account": {"uid": "444455556666"}, "region": "eu-central-1"},
        "finding_info": {
            "uid": "arn:aws:guardduty:eu-central-1:444455556666:detector/d1/finding/f1",
            "title": "A port is probed",
            "types": ["Threats", "Recon:EC2/PortProbeUnprotectedPort"],
            "created_time_dt": "2026-11-20T08:00:00.000Z",
            "modified_time": 1795510800000,
        },
        "metadata": {
            "uid": "m1",
            "product": {
                "name": "GuardDuty",
                "vendor_name": "AWS",
                "uid": "arn:aws:securityhub:eu-central-1::productv2/aws/guardduty",
            },
        },
        "resources": [{"uid": INSTANCE, "type": "AWS::EC2::Instance"}],
        "severity": "Medium",
        "severity_id": 3,
        "status": "New",
        "status_id": 1,
    }
    return {**usual, **changes}


def test_a_threat_says_what_where_and_how_bad() -> None:
    one = finding_of(threat(), OBSERVED)
    assert (one.detection, one.title) == ("GuardDuty/Recon:EC2/PortProbeUnprotectedPort", "A port is probed")
    assert (one.account, one.region, one.resource) == ("444455556666", "eu-central-1", INSTANCE)
    assert (one.severity, one.status, one.company) == (Severity.MEDIUM, Status.OPEN, "AWS")
    assert (one.first_seen, one.updated_at) == ("2026-11-20T08:00:00.000000Z", "2026-11-24T09:00:00.000000Z")
    assert metadata_uid(one) == "m1"


def test_a_closed_finding_is_archived() -> None:
    assert finding_of(threat(activity_name="Close"), OBSERVED).status is Status.ARCHIVED


@pytest.mark.parametrize(
    ("status", "workflow"),
    [(1, Workflow.NEW), (2, Workflow.NOTIFIED), (3, Workflow.SUPPRESSED), (4, Workflow.RESOLVED), (99, Workflow.NEW)],
)
def test_statuses_are_workflows(status: int, workflow: Workflow) -> None:
    assert finding_of(threat(status_id=status), OBSERVED).workflow is workflow


@pytest.mark.parametrize(("status", "is_open"), [("Pass", False), ("Fail", True), ("Warning", True)])
def test_a_control_is_open_unless_it_passes(status: str, is_open: bool) -> None:
    one = finding_of(threat(compliance={"control": "Config.1", "status": status}), OBSERVED)
    assert (one.detection, one.is_open) == ("Config.1", is_open)


@given(st.dictionaries(st.sampled_from(sorted(threat())), st.none() | st.integers() | st.text("ab", max_size=3)))
def test_odd_fields_neither_raise_nor_get_lost(odd: dict[str, Any]) -> None:
    one = finding_of({**threat(), **odd}, OBSERVED)
    assert one.detection
    assert one.account
    assert one.id == stored(item_of(one, 1)).id
