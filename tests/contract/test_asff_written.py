"""Our findings as Security Hub takes them: mapped, and never beyond its limits."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from contract.asff import finding_of, is_own_product
from contract.asff_types import finding_type, resource_type
from contract.asff_written import LIMIT, changed_at, published
from contract.catalogue import describe
from contract.finding import LOOK_UP, Confidence, Finding, Mode, RecordState, Severity, Workflow
from hub.detections.catalogue import DETECTIONS

HUB = "111122223333"
MEMBER = "444455556666"
PRODUCT = f"arn:aws:securityhub:eu-central-1:{HUB}:product/{HUB}/default"
USER = f"arn:aws:iam::{MEMBER}:user/alice"
MODEL = botocore.session.get_session().get_service_model("securityhub")
TEXT = describe("iam.access_key_created")


def finding(**changes: Any) -> Finding:
    usual: dict[str, Any] = {
        "id": "f1",
        "detection": "iam.access_key_created",
        "title": f"Access key created for alice in account {MEMBER}",
        "severity": Severity.HIGH,
        "account": MEMBER,
        "region": "us-east-1",
        "resource": USER,
        "resources": (USER,),
        "actor": "mallory",
        "first_seen": "2026-11-20T09:00:00.000000Z",
        "updated_at": "2026-11-20T09:00:00.000000Z",
        "observed_at": "2026-11-20T09:00:05.000000Z",
    }
    return Finding(**{**usual, **changes})


def asff(dashboard: str = "", **changes: Any) -> dict[str, Any]:
    return published(finding(**changes), TEXT, PRODUCT, dashboard)


def test_a_published_finding_reads_as_ours_again() -> None:
    read = finding_of(asff(), "2026-11-20T09:00:05.000000Z")
    assert (read.severity, read.account, read.record_state) == ("HIGH", HUB, "ACTIVE")
    assert is_own_product(asff(), HUB)


def test_the_account_in_which_it_happened_stands_in_title_resources_and_fields() -> None:
    one = asff(title="Access key created for alice")
    assert one["AwsAccountId"] == HUB
    assert one["Title"] == f"Access key created for alice (account {MEMBER})"
    assert one["ProductFields"]["muster/account"] == MEMBER
    assert [(resource["Type"], resource["Id"]) for resource in one["Resources"]] == [
        ("AwsIamUser", USER),
        ("AwsAccount", f"AWS::::Account:{MEMBER}"),
    ]


def test_whether_a_look_up_agrees_is_said() -> None:
    waiting = asff(confidence=Confidence.UNCONFIRMED)
    assert waiting["ProductFields"]["muster/confidence"] == "unconfirmed"
    answered = asff(confidence=Confidence.CONFIRMED, details={LOOK_UP: "attached to 1 network interface"})
    assert answered["ProductFields"]["muster/confidence"] == "confirmed"
    assert answered["ProductFields"]["muster/details/look_up"] == "attached to 1 network interface"
    assert "muster/confidence" not in asff()["ProductFields"]


def test_a_whole_account_is_named_once() -> None:
    root = f"arn:aws:iam::{MEMBER}:root"
    assert [one["Type"] for one in asff(resource=root, resources=(root,))["Resources"]] == ["AwsAccount"]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "ACTIVE"),
        ({"workflow": Workflow.NOTIFIED}, "ACTIVE"),
        ({"workflow": Workflow.SUPPRESSED}, "ARCHIVED"),
        ({"workflow": Workflow.RESOLVED}, "ARCHIVED"),
        ({"record_state": RecordState.ARCHIVED}, "ARCHIVED"),
        ({"mode": Mode.MONITOR}, "ARCHIVED"),
    ],
)
def test_what_nobody_needs_to_look_at_is_archived_and_the_customers_workflow_is_never_written(
    changes: dict[str, Any], state: str
) -> None:
    one = asff(**changes)
    assert one["RecordState"] == state
    assert not {"Workflow", "WorkflowState", "Note", "UserDefinedFields", "VerificationState"} & one.keys()


def test_what_people_do_makes_a_finding_newer() -> None:
    later = "2026-11-21T09:00:00.000000Z"
    assert changed_at(finding(workflow=Workflow.RESOLVED, workflow_at=later)) == later
    assert asff()["UpdatedAt"] == "2026-11-20T09:00:05.000000Z"


def test_a_finding_leads_to_the_dashboard_where_there_is_one() -> None:
    assert asff("https://muster.example.com/")["SourceUrl"] == "https://muster.example.com/findings?finding=f1"
    assert "SourceUrl" not in asff()


def test_a_finding_says_what_it_means_and_what_to_do() -> None:
    one = asff()
    assert TEXT
    assert one["Description"] == TEXT.what
    assert one["Remediation"]["Recommendation"]["Text"].startswith(TEXT.response[:200])
    assert one["FindingProviderFields"]["Types"] == ["TTPs/Persistence/T1098.001"]


def test_a_detection_that_is_not_known_any_more_costs_only_its_words() -> None:
    one = published(finding(detection="old.one"), None, PRODUCT, "")
    assert one["Description"] == finding().title
    assert "Remediation" not in one


def test_every_technique_of_the_catalogue_has_a_type() -> None:
    assert [one.id for one in DETECTIONS if one.attack and finding_type(one.attack) == "TTPs"] == []


def test_what_has_no_technique_is_a_matter_of_configuration() -> None:
    assert finding_type("") == "Software and Configuration Checks"


@pytest.mark.parametrize(
    ("arn", "kind"),
    [
        ("arn:aws:s3:::amzn-s3-demo-bucket", "AwsS3Bucket"),
        (f"arn:aws-cn:ec2:cn-north-1:{MEMBER}:security-group/sg-0123456789abcdef0", "AwsEc2SecurityGroup"),
        (f"arn:aws:rds:eu-west-1:{MEMBER}:cluster-snapshot:one", "AwsRdsDbClusterSnapshot"),
        (f"arn:aws:lambda:eu-west-1:{MEMBER}:function:one", "AwsLambdaFunction"),
        (f"arn:aws:sqs:eu-west-1:{MEMBER}:one", "AwsSqsQueue"),
        (f"arn:aws:apprunner:eu-west-1:{MEMBER}:service/one", "Other"),
        ("i-0123456789abcdef0", "Other"),
    ],
)
def test_resources_have_asffs_types(arn: str, kind: str) -> None:
    assert resource_type(arn) == kind
    assert kind in {"Other", *MODEL.shape_for("ResourceDetails").members}


TEXTS = st.text(max_size=3_000)


@given(
    title=TEXTS,
    arns=st.lists(st.text(max_size=600), max_size=60),
    fields=st.fixed_dictionaries({}, optional=dict.fromkeys(("actor", "user_agent", "source_ip", "region"), TEXTS)),
    details=st.dictionaries(st.text(max_size=200), TEXTS | st.lists(st.integers()), max_size=60),
    severity=st.sampled_from(Severity),
)
def test_no_finding_breaks_a_limit(
    title: str, arns: list[str], fields: dict[str, str], details: dict[str, Any], severity: Severity
) -> None:
    one = asff(
        title=title, resource=(arns or [""])[0], resources=tuple(arns), details=details, severity=severity, **fields
    )
    assert_fits(one)


def test_the_largest_finding_fits() -> None:
    wide = "\N{PILE OF POO}" * 3_000
    arns = tuple(f"{wide[:500]}{place}" for place in range(60))
    details = {f"{wide[:150]}{place}": wide for place in range(60)}
    assert_fits(asff(title=wide, resource=arns[0], resources=arns, actor=wide, user_agent=wide, details=details))


def assert_fits(one: dict[str, Any]) -> None:
    assert (
        ParamValidator().validate({"Findings": [one]}, MODEL.shape_for("BatchImportFindingsRequest")).generate_report()
        == ""
    )
    assert len(json.dumps(one)) <= LIMIT
    assert 0 < len(one["Title"]) <= 256
    assert 0 < len(one["Description"]) <= 1_024
    assert 1 <= len(one["Resources"]) <= 32
    assert len(one["ProductFields"]) <= 50
    assert all(0 < len(name) <= 128 and 0 < len(value) <= 2_048 for name, value in one["ProductFields"].items())
    assert len(one["Remediation"]["Recommendation"]["Text"]) <= 512
    assert all(0 < len(resource["Id"]) <= 512 for resource in one["Resources"])
