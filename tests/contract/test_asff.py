"""What Security Hub's findings say, whoever wrote them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.asff import document, finding_of, is_own_product
from contract.finding import Severity, Status, Workflow
from hub.store.items import finding_of as stored
from hub.store.items import item_of
from tests.asff import ACCOUNT, BUCKET, control, passed

HUB = "111122223333"
PRODUCT = f"arn:aws:securityhub:eu-central-1:{HUB}:product/{HUB}/default"
THEIRS = "arn:aws:securityhub:eu-central-1:444455556666:product/444455556666/default"
OBSERVED = "2026-11-20T09:00:05.000000Z"

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
junk = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("finding", "is_ours"),
    [
        ({"ProductArn": PRODUCT, "ProductName": "Muster"}, True),
        ({"ProductArn": PRODUCT, "ProductName": "Default"}, False),
        ({"ProductArn": THEIRS, "ProductName": "Muster"}, False),
        ({"ProductArn": "arn:aws:securityhub:eu-central-1::product/aws/guardduty", "ProductName": "GuardDuty"}, False),
        ({}, False),
    ],
)
def test_only_what_the_hub_account_imported_as_muster_is_our_own(finding: dict[str, Any], is_ours: bool) -> None:
    assert is_own_product(finding, HUB) is is_ours


def test_a_controls_finding_says_which_control_of_which_resource() -> None:
    one = finding_of(control(), OBSERVED)
    assert (one.detection, one.control, one.generator) == ("S3.8", "S3.8", "security-control/S3.8")
    assert (one.account, one.region, one.resource) == (ACCOUNT, "eu-central-1", BUCKET)
    assert (one.product, one.company, one.resource_types) == ("Security Hub", "AWS", ("AwsS3Bucket",))
    assert (one.severity, one.compliance, one.status) == (Severity.HIGH, "FAILED", Status.OPEN)
    assert one.standards == ("standards/aws-foundational-security-best-practices/v/1.0.0",)
    assert (one.first_seen, one.updated_at) == ("2026-11-20T08:00:00.000000Z", "2026-11-20T09:00:00.000000Z")


def test_a_control_that_passes_is_resolved() -> None:
    one = finding_of(passed(), OBSERVED)
    assert (one.severity, one.status, one.passed_at) == (Severity.INFORMATIONAL, Status.RESOLVED, one.updated_at)


@pytest.mark.parametrize(
    ("generator", "detection", "named"),
    [
        ("aws-foundational-security-best-practices/v/1.0.0/EC2.8", "EC2.8", "EC2.8"),
        ("arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/3.2", "CIS 1.2.0/3.2", "3.2"),
        ("cis-aws-foundations-benchmark/v/1.4.0/3.7", "CIS 1.4.0/3.7", "3.7"),
        ("pci-dss/v/3.2.1/PCI.EC2.2", "PCI.EC2.2", "PCI.EC2.2"),
    ],
)
def test_before_consolidation_the_generator_names_the_control(generator: str, detection: str, named: str) -> None:
    one = finding_of(control(GeneratorId=generator, Compliance={"Status": "FAILED"}), OBSERVED)
    assert (one.detection, one.control) == (detection, named)


@pytest.mark.parametrize(
    ("changes", "detection"),
    [
        (
            {"ProductName": "GuardDuty", "Types": ["TTPs/Discovery/Recon:EC2-PortProbe"]},
            "GuardDuty/Recon:EC2-PortProbe",
        ),
        ({"ProductName": None, "Types": ["Effects"], "GeneratorId": "s3-finding"}, "default/s3-finding"),
    ],
)
def test_a_finding_of_no_control_is_grouped_by_product_and_type(changes: dict[str, Any], detection: str) -> None:
    one = finding_of(control(ProductArn=THEIRS, Compliance=None, FindingProviderFields=None, **changes), OBSERVED)
    assert (one.detection, one.control, one.is_open) == (detection, "", True)


def test_a_severity_that_the_customer_changed_stands_beside_the_providers() -> None:
    one = finding_of(control(Severity={"Label": "LOW"}), OBSERVED)
    assert (one.severity, one.provider_severity) == (Severity.LOW, Severity.HIGH)


@pytest.mark.parametrize(
    ("written", "workflow"),
    [("RESOLVED", Workflow.RESOLVED), ("DEFERRED", Workflow.SUPPRESSED), ("IN_PROGRESS", Workflow.NEW)],
)
def test_the_retired_workflow_state_is_understood(written: str, workflow: Workflow) -> None:
    assert finding_of(control(Workflow=None, WorkflowState=written), OBSERVED).workflow is workflow


def test_what_people_wrote_there_is_theirs() -> None:
    note = {"Text": "Public on purpose", "UpdatedBy": "alice", "UpdatedAt": "2026-11-20T10:00:00Z"}
    fields = {"MusterAssignee": "bob", "MusterUntil": "2027-01-01T00:00:00.000000Z"}
    one = finding_of(control(Workflow={"Status": "SUPPRESSED"}, Note=note, UserDefinedFields=fields), OBSERVED)
    assert (one.note, one.workflow_by, one.acted_at) == ("Public on purpose", "alice", "2026-11-20T10:00:00.000000Z")
    assert (one.assignee, one.workflow_until, one.status) == ("bob", "2027-01-01T00:00:00.000000Z", Status.SUPPRESSED)
    assert "Note" not in one.source


def test_archiving_because_of_consolidation_is_told_from_other_archiving() -> None:
    reason = {"ArchivalReasons:0/ReasonCode": "CONSOLIDATED_CONTROL_FINDINGS_UPDATE"}
    assert finding_of(control(RecordState="ARCHIVED", ProductFields=reason), OBSERVED).is_consolidated_away
    assert not finding_of(control(RecordState="ARCHIVED"), OBSERVED).is_consolidated_away


def test_the_document_is_kept_whole() -> None:
    odd = control(Confidence=99, SomethingNew={"Deep": [1, {"er": None}]})
    assert document(stored(item_of(finding_of(odd, OBSERVED), 1))) == odd


@given(st.dictionaries(st.sampled_from(sorted(control())), junk))
def test_odd_fields_neither_raise_nor_get_lost(odd: dict[str, Any]) -> None:
    one = finding_of({**control(), **odd}, OBSERVED)
    assert one.detection
    assert one.account
    assert stored(item_of(one, 1)) == one


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-20 09:00:00.000000000", "2026-11-20T09:00:00.000000Z"),
        ("2026-11-20T11:00:00.5+02:00", "2026-11-20T09:00:00.500000Z"),
        ("yesterday", "2026-11-20T08:00:00.000000Z"),
    ],
)
def test_times_are_read_in_the_forms_that_products_write(written: str, read: str) -> None:
    assert finding_of(control(UpdatedAt=written), OBSERVED).updated_at == read
