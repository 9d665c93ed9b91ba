"""Lambda code in another account's bucket is read as AWS reads it."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localorg.lambdas import HUB, MEMBER, STRANGER, Functions, archive, document

pytestmark = pytest.mark.slow

SOURCE = "def handle_handler(event, context): return 'ran'"
KEY = "functions/x/1.zip"


@pytest.fixture(scope="module")
def buckets(organization: Any) -> dict[str, str]:
    """A bucket for the organization, one for nobody, and one in another Region, all of the hub's."""
    names = {"open": "code-for-members", "closed": "code-for-nobody", "far": "code-in-ireland"}
    for kind, name in names.items():
        region = "eu-west-1" if kind == "far" else "us-east-1"
        client = organization.client("s3", HUB, region)
        place = {"CreateBucketConfiguration": {"LocationConstraint": region}} if kind == "far" else {}
        client.create_bucket(Bucket=name, **place)
        client.put_object(Bucket=name, Key=KEY, Body=archive({"index.py": SOURCE}))
        if kind != "closed":
            client.put_bucket_policy(Bucket=name, Policy=for_members(name, organization.id))
    return names


def for_members(bucket: str, organization_id: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/functions/*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization_id}},
    }
    return document([statement])


def create(functions: Functions, name: str, bucket: str, key: str = KEY) -> Any:
    return functions.aws("lambda").create_function(
        FunctionName=name,
        Role=functions.role(f"{name}-role"),
        Runtime="python3.13",
        Handler="index.handle_handler",
        Code={"S3Bucket": bucket, "S3Key": key},
    )


def refused(functions: Functions, name: str, bucket: str, key: str = KEY) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        create(functions, name, bucket, key)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_member_runs_code_from_the_organizations_bucket(organization: Any, buckets: dict[str, str]) -> None:
    member = Functions(organization.client, MEMBER)
    create(member, "from-the-hub", buckets["open"])
    assert member.call("from-the-hub") == "ran"


def test_a_bucket_policy_that_does_not_name_the_organization_keeps_members_out(
    organization: Any, buckets: dict[str, str]
) -> None:
    code, message = refused(Functions(organization.client, MEMBER), "from-nobody", buckets["closed"])
    assert code == "AccessDeniedException"
    assert "S3 Error Code: AccessDenied" in message


def test_an_account_outside_the_organization_is_kept_out(organization: Any, buckets: dict[str, str]) -> None:
    assert refused(Functions(organization.client, STRANGER), "strange", buckets["open"])[0] == "AccessDeniedException"


def test_a_key_that_the_policy_does_not_name_is_refused(organization: Any, buckets: dict[str, str]) -> None:
    member = Functions(organization.client, MEMBER)
    assert refused(member, "elsewhere", buckets["open"], "settings/x.zip")[0] == "AccessDeniedException"


def test_the_bucket_must_be_in_the_functions_region(organization: Any, buckets: dict[str, str]) -> None:
    code, message = refused(Functions(organization.client, MEMBER), "far-away", buckets["far"])
    assert code == "InvalidParameterValueException"
    assert "S3 Error Code: PermanentRedirect" in message


@pytest.mark.parametrize(
    ("bucket", "key", "reason"), [("none-such", KEY, "NoSuchBucket"), ("open", "functions/y", "NoSuchKey")]
)
def test_what_is_missing_is_an_error(
    organization: Any, buckets: dict[str, str], bucket: str, key: str, reason: str
) -> None:
    member = Functions(organization.client, MEMBER)
    code, message = refused(member, f"missing-{bucket}", buckets.get(bucket, bucket), key)
    assert code == "InvalidParameterValueException"
    assert f"S3 Error Code: {reason}" in message


def test_a_stack_tells_the_reason(organization: Any, buckets: dict[str, str]) -> None:
    member = Functions(organization.client, MEMBER)
    properties = {
        "Role": member.role("stacked-role"),
        "Runtime": "python3.13",
        "Handler": "index.handle_handler",
        "Code": {"S3Bucket": buckets["closed"], "S3Key": KEY},
    }
    template = {"Resources": {"Function": {"Type": "AWS::Lambda::Function", "Properties": properties}}}
    stacks = member.aws("cloudformation")
    stacks.create_stack(StackName="refused", TemplateBody=json.dumps(template))
    with pytest.raises(Exception, match="ROLLBACK"):
        stacks.get_waiter("stack_create_complete").wait(StackName="refused", WaiterConfig={"Delay": 1})
    events = stacks.describe_stack_events(StackName="refused")["StackEvents"]
    assert any("S3 Error Code: AccessDenied" in event.get("ResourceStatusReason", "") for event in events)


def test_an_update_reads_through_the_policy_too(organization: Any, buckets: dict[str, str]) -> None:
    member = Functions(organization.client, MEMBER)
    member.make("updated", SOURCE)
    with pytest.raises(ClientError, match="AccessDenied"):
        member.aws("lambda").update_function_code(FunctionName="updated", S3Bucket=buckets["closed"], S3Key=KEY)


def test_code_in_a_template_finds_the_runtimes_boto3_and_nothing_else(organization: Any) -> None:
    functions = Functions(organization.client, MEMBER)
    source = (
        "import importlib.util, boto3\n"
        "def handle_handler(event, context):\n"
        "    region = boto3.client('sqs').meta.region_name\n"
        "    return [region, importlib.util.find_spec('ministack'), importlib.util.find_spec('yaml')]\n"
    )
    properties = {
        "FunctionName": "inline",
        "Runtime": "python3.13",
        "Handler": "index.handle_handler",
        "Role": functions.role("inline-role"),
        "Timeout": 30,
        "Code": {"ZipFile": source},
    }
    template = {"Resources": {"Inline": {"Type": "AWS::Lambda::Function", "Properties": properties}}}
    cloudformation = functions.aws("cloudformation")
    cloudformation.create_stack(StackName="inline", TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="inline", WaiterConfig={"Delay": 1})
    assert functions.call("inline") == ["us-east-1", None, None]
