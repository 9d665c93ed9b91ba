"""Security Hub's controls (AWS FSBP) on Muster's own resources, those that checkov has no check for."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from generator.snapshots import rendered
from generator.third_party import ROOT
from tests.generator.test_checkov import SUPPRESSED
from tests.generator.variants import EVERY

PAGE = ROOT / "docs" / "security-hub-controls.md"
Resource = dict[str, Any]
TEMPLATES = [template["Resources"] for config in EVERY.values() for template in rendered(config).values()]


def of_type(kind: str) -> list[Resource]:
    """Return the properties of all resources of a type, in every template of every variant."""
    found = [one["Properties"] for template in TEMPLATES for one in template.values() if one["Type"] == f"AWS::{kind}"]
    assert found, kind
    return found


def statements(*kinds: str) -> Iterable[Resource]:
    """Yield the statements of policies that are resources of their own."""
    for kind in kinds:
        for one in of_type(kind):
            yield from one["PolicyDocument"]["Statement"]


def is_public(statement: Resource) -> bool:
    return statement["Effect"] == "Allow" and statement["Principal"] == "*" and not statement.get("Condition")


def has_firewall() -> bool:
    return all(
        ("AWS::ApiGateway::Stage" in kinds) == ("AWS::WAFv2::WebACLAssociation" in kinds)
        for kinds in ({one["Type"] for one in template.values()} for template in TEMPLATES)
    )


def decrypts_with_every_key(role: Resource) -> bool:
    policies = [statement for one in role.get("Policies", []) for statement in one["PolicyDocument"]["Statement"]]
    return any("kms:Decrypt" in str(one["Action"]) and one["Resource"] == "*" for one in policies)


def refuses_plain_http(bucket_policy: Resource) -> bool:
    return any(
        one["Effect"] == "Deny" and one.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for one in bucket_policy["PolicyDocument"]["Statement"]
    )


def distributions() -> list[Resource]:
    return [one["DistributionConfig"] for one in of_type("CloudFront::Distribution")]


def origins() -> list[Resource]:
    """Return what says how CloudFront speaks to each origin; a load balancer in a VPC has a resource of its own."""
    custom = [origin.get("CustomOriginConfig") for one in distributions() for origin in one["Origins"]]
    return [
        *(one for one in custom if one),
        *(one["VpcOriginEndpointConfig"] for one in of_type("CloudFront::VpcOrigin")),
    ]


CONTROLS: dict[str, Callable[[], bool]] = {
    "APIGateway.1": lambda: all(
        setting["LoggingLevel"] in {"ERROR", "INFO"}
        for one in of_type("ApiGateway::Stage")
        for setting in one["MethodSettings"]
    ),
    "APIGateway.4": has_firewall,
    "APIGateway.5": lambda: not any(one.get("CacheClusterEnabled") for one in of_type("ApiGateway::Stage")),
    "Athena.4": lambda: all(
        one["WorkGroupConfiguration"]["PublishCloudWatchMetricsEnabled"] in {True, "true"}
        for one in of_type("Athena::WorkGroup")
    ),
    "CloudFront.7": lambda: all("AcmCertificateArn" in one["ViewerCertificate"] for one in distributions()),
    "CloudFront.8": lambda: all(one["ViewerCertificate"]["SslSupportMethod"] == "sni-only" for one in distributions()),
    "CloudFront.9": lambda: all(one["OriginProtocolPolicy"] == "https-only" for one in origins()),
    "CloudFront.10": lambda: all(one["OriginSSLProtocols"] == ["TLSv1.2"] for one in origins()),
    "EC2.6": lambda: len(of_type("EC2::VPC")) == len(of_type("EC2::FlowLog")),
    "EC2.15": lambda: all(one["MapPublicIpOnLaunch"] in {False, "false"} for one in of_type("EC2::Subnet")),
    "EC2.18": lambda: (
        not any(
            "CidrIp" in rule for one in of_type("EC2::SecurityGroup") for rule in one.get("SecurityGroupIngress", [])
        )
    ),
    "DynamoDB.1": lambda: all(one["BillingMode"] == "PAY_PER_REQUEST" for one in of_type("DynamoDB::Table")),
    "DynamoDB.6": lambda: all(one["DeletionProtectionEnabled"] in {True, "true"} for one in of_type("DynamoDB::Table")),
    "EventBridge.3": lambda: len(of_type("Events::EventBus")) == len(of_type("Events::EventBusPolicy")),
    "KMS.2": lambda: not any(map(decrypts_with_every_key, of_type("IAM::Role"))),
    "S3.5": lambda: len(of_type("S3::Bucket")) == sum(map(refuses_plain_http, of_type("S3::BucketPolicy"))),
    "S3.12": lambda: not any("AccessControl" in one for one in of_type("S3::Bucket")),
    "S3.13": lambda: all(one["LifecycleConfiguration"]["Rules"] for one in of_type("S3::Bucket")),
    "SNS.4": lambda: not any(map(is_public, statements("SNS::TopicPolicy"))),
    "SQS.3": lambda: not any(map(is_public, statements("SQS::QueuePolicy"))),
    "WAF.10": lambda: all(one["Rules"] for one in of_type("WAFv2::WebACL")),
    "WAF.12": lambda: all(
        rule["VisibilityConfig"]["CloudWatchMetricsEnabled"] in {True, "true"}
        for one in of_type("WAFv2::WebACL")
        for rule in one["Rules"]
    ),
}


def rows() -> list[tuple[str, str, str]]:
    """Return the page's controls, each with what it says is met and by what that is checked."""
    found = re.findall(
        r"^\| (\w+\.\d+) \| [^|]+ \| ([^|]+) \| ([\w.]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(found) > 30
    return found


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_without_a_check_of_checkov_is_met(control: str) -> None:
    assert CONTROLS[control]()


def test_the_page_names_every_check_and_each_is_run() -> None:
    checks = {check for _, _, check in rows() if not check.startswith("CKV")}
    assert checks - set(CONTROLS) == {"CloudTrail.5", "EC2.2", "SecretsManager.1"}, "what is not met says why"
    assert set(CONTROLS) - checks == set()


def test_what_checkov_may_find_is_not_said_to_be_met() -> None:
    for control, said, check in rows():
        assert not (said == "met" and check in SUPPRESSED), control
