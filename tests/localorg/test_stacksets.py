"""StackSets of the emulated organization, as the delegated administrator sees them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localorg.running import Eventually, Organization, refused

pytestmark = pytest.mark.slow

EVERYWHERE = {"FailureTolerancePercentage": 100, "MaxConcurrentPercentage": 100, "RegionConcurrencyType": "PARALLEL"}


def template(value: str = "one", **resources: Any) -> str:
    parameter = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Type": "String", "Name": {"Ref": "Name"}, "Value": value},
    }
    return json.dumps(
        {
            "Parameters": {"Name": {"Type": "String", "AllowedPattern": "/[a-z/0-9-]+"}},
            "Resources": {"Parameter": parameter, **resources},
        }
    )


class Administrator:
    """The hub's CloudFormation: every call says CallAs."""

    def __init__(self, organization: Organization, eventually: Eventually) -> None:
        self.organization, self.eventually = organization, eventually
        self.client = organization.client("cloudformation", organization.hub)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.client, name)
        return lambda **keywords: method(CallAs="DELEGATED_ADMIN", **keywords)

    def define(self, name: str, body: str | None = None, **keywords: Any) -> str:
        defaults = {
            "StackSetName": name,
            "TemplateBody": body or template(),
            "PermissionModel": "SERVICE_MANAGED",
            "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
            "Parameters": [{"ParameterKey": "Name", "ParameterValue": f"/{name}"}],
        }
        self.create_stack_set(**{**defaults, **keywords})
        return name

    def deploy(self, name: str, ou: str, regions: tuple[str, ...] = ("us-east-1",), **targets: Any) -> str:
        answer = self.create_stack_instances(
            StackSetName=name,
            DeploymentTargets={"OrganizationalUnitIds": [ou], **targets},
            Regions=list(regions),
            OperationPreferences=EVERYWHERE,
        )
        return self.finished(name, answer["OperationId"])

    def finished(self, name: str, operation: str) -> str:
        def outcome() -> Any:
            found = self.describe_stack_set_operation(StackSetName=name, OperationId=operation)["StackSetOperation"]
            return found["Status"] not in ("RUNNING", "QUEUED", "STOPPING") and found["Status"]

        return self.eventually(outcome)

    def instances(self, name: str, **keywords: Any) -> list[dict[str, Any]]:
        return self.list_stack_instances(StackSetName=name, **keywords)["Summaries"]


@pytest.fixture
def admin(organization: Organization, eventually: Eventually) -> Administrator:
    return Administrator(organization, eventually)


def test_nested_ous_are_deployed_to_and_each_stack_has_the_members_values(
    admin: Administrator, organization: Organization
) -> None:
    name = admin.define("nested")
    assert admin.deploy(name, organization.ous["Root/Workloads"], ("us-east-1", "eu-west-1")) == "SUCCEEDED"
    found = {(each["Account"], each["Region"]): each for each in admin.instances(name)}
    assert {account for account, _region in found} == {"444455556666", "777788889999", "123456789012", "222222222222"}
    assert len(found) == 8
    one = found["444455556666", "eu-west-1"]
    assert one["Status"] == "CURRENT"
    assert one["StackInstanceStatus"]["DetailedStatus"] == "SUCCEEDED"
    assert one["OrganizationalUnitId"] == organization.ous["Root/Workloads/Production/EU"]
    stack = organization.client("cloudformation", "444455556666", "eu-west-1").describe_stacks()["Stacks"][0]
    assert stack["StackId"] == one["StackId"]
    assert stack["StackName"].startswith("StackSet-nested-")


def test_the_root_as_target_never_reaches_the_management_account(
    admin: Administrator, organization: Organization
) -> None:
    name = admin.define("everyone")
    admin.deploy(name, organization.root)
    accounts = {each["Account"] for each in admin.instances(name)}
    assert organization.hub in accounts
    assert organization.management not in accounts


def test_only_the_delegated_administrator_may_and_must_say_so(organization: Organization) -> None:
    asked = {"StackSetName": "mine", "TemplateBody": template(), "PermissionModel": "SERVICE_MANAGED"}
    hub = organization.client("cloudformation", organization.hub)
    member = organization.client("cloudformation", organization.members[0])
    assert refused(hub.create_stack_set, **asked) == "ValidationError"
    assert refused(member.create_stack_set, **asked) == "ValidationError"
    assert refused(member.create_stack_set, CallAs="DELEGATED_ADMIN", **asked) == "ValidationError"
    assert refused(member.list_stack_sets, CallAs="DELEGATED_ADMIN") == "ValidationError"


def test_the_management_account_sees_the_same_stack_sets(admin: Administrator, organization: Organization) -> None:
    admin.define("shared")
    client = organization.client("cloudformation", organization.management)
    assert "shared" in [each["StackSetName"] for each in client.list_stack_sets()["Summaries"]]
    assert client.describe_stack_set(StackSetName="shared")["StackSet"]["PermissionModel"] == "SERVICE_MANAGED"


def test_a_template_in_the_request_has_51200_bytes_at_most(admin: Administrator, organization: Organization) -> None:
    padded = template(**{f"Padding{n}": {"Type": "AWS::SNS::Topic", "Metadata": {"x": "y" * 9_000}} for n in range(6)})
    assert refused(admin.define, "large", padded) == "ValidationError"
    s3 = organization.client("s3", organization.hub)
    s3.create_bucket(Bucket="stack-set-templates")
    s3.put_object(Bucket="stack-set-templates", Key="large.json", Body=padded.encode())
    for number, url in enumerate(
        (
            "https://stack-set-templates.s3.us-east-1.amazonaws.com/large.json",
            "https://s3.amazonaws.com/stack-set-templates/large.json",
            f"{organization.endpoint}/stack-set-templates/large.json",
        )
    ):
        name = f"large-{number}"
        admin.create_stack_set(
            StackSetName=name,
            TemplateURL=url,
            PermissionModel="SERVICE_MANAGED",
            AutoDeployment={"Enabled": False},
            Parameters=[{"ParameterKey": "Name", "ParameterValue": f"/{name}"}],
        )
        assert admin.deploy(name, organization.ous["Root/Sandbox"]) == "SUCCEEDED"
        assert admin.instances(name)[0]["Status"] == "CURRENT"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a/b",
        "http://bucket.s3.amazonaws.com/key",
        "https://s3.amazonaws.com/no-such-bucket/key",
        "https://stack-set-private.s3.amazonaws.com/key",
    ],
)
def test_a_template_url_that_cannot_be_read_is_refused(
    admin: Administrator, organization: Organization, url: str
) -> None:
    s3 = organization.client("s3", organization.members[0])
    s3.create_bucket(Bucket="stack-set-private")
    s3.put_object(Bucket="stack-set-private", Key="key", Body=b"{}")
    asked = {"TemplateBody": None, "TemplateURL": url}
    keywords = {"StackSetName": "url", "PermissionModel": "SERVICE_MANAGED", "AutoDeployment": {"Enabled": False}}
    assert refused(admin.create_stack_set, **keywords, TemplateURL=asked["TemplateURL"]) == "ValidationError"


def test_parameters_are_checked_when_the_stack_set_is_made(admin: Administrator) -> None:
    bad = [{"ParameterKey": "Name", "ParameterValue": "No Slash"}]
    assert refused(admin.define, "bad", Parameters=bad) == "ValidationError"
    assert refused(admin.define, "bad", Parameters=[]) == "ValidationError"
    unknown = [{"ParameterKey": "Nmae", "ParameterValue": "/x"}]
    assert refused(admin.define, "bad", Parameters=unknown) == "ValidationError"
    assert refused(admin.define, "bad", "{not a template") == "ValidationError"


def test_named_iam_needs_its_capability(admin: Administrator, organization: Organization) -> None:
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "named", "AssumeRolePolicyDocument": trust}}
    assert refused(admin.define, "named", template(Role=role)) == "InsufficientCapabilitiesException"
    name = admin.define("named", template(Role=role), Capabilities=["CAPABILITY_NAMED_IAM"])
    assert admin.deploy(name, organization.ous["Root/Sandbox"]) == "SUCCEEDED"


@pytest.mark.parametrize(
    "preferences",
    [
        {"FailureToleranceCount": 1, "FailureTolerancePercentage": 1},
        {"MaxConcurrentCount": 3, "FailureToleranceCount": 0},
        {"RegionOrder": ["ap-south-1"]},
    ],
)
def test_preferences_that_contradict_themselves_are_refused(
    admin: Administrator, organization: Organization, preferences: dict[str, Any]
) -> None:
    name = f"preferences-{len(json.dumps(preferences))}"
    admin.define(name)
    targets = {"OrganizationalUnitIds": [organization.ous["Root/Sandbox"]]}
    asked = {"StackSetName": name, "DeploymentTargets": targets, "Regions": ["us-east-1"]}
    assert refused(admin.create_stack_instances, OperationPreferences=preferences, **asked) == "ValidationError"


def test_a_second_operation_waits_only_under_managed_execution(
    admin: Administrator, organization: Organization
) -> None:
    targets = {"OrganizationalUnitIds": [organization.ous["Root/Workloads"]]}
    for name, managed in (("impatient", False), ("patient", True)):
        admin.define(name, ManagedExecution={"Active": managed})
        asked = {"StackSetName": name, "DeploymentTargets": targets, "Regions": ["us-east-1", "eu-west-1"]}
        first = admin.create_stack_instances(**asked)["OperationId"]
        if managed:
            second = admin.create_stack_instances(**asked)["OperationId"]
            assert admin.finished(name, second) == "SUCCEEDED"
        else:
            assert refused(admin.create_stack_instances, **asked) == "OperationInProgressException"
        assert admin.finished(name, first) == "SUCCEEDED"


def test_accounts_follow_the_tree(admin: Administrator, organization: Organization, eventually: Eventually) -> None:
    name = admin.define("follows")
    sandbox = organization.ous["Root/Sandbox"]
    admin.deploy(name, sandbox)
    tree = organization.client("organizations", organization.management)
    made = tree.create_account(AccountName="joiner", Email="joiner@example.com")["CreateAccountStatus"]["AccountId"]
    assert not admin.instances(name, StackInstanceAccount=made)
    tree.move_account(AccountId=made, SourceParentId=organization.root, DestinationParentId=sandbox)
    assert eventually(lambda: [i for i in admin.instances(name, StackInstanceAccount=made) if i["Status"] == "CURRENT"])
    tree.move_account(AccountId=made, SourceParentId=sandbox, DestinationParentId=organization.root)
    assert eventually(lambda: not admin.instances(name, StackInstanceAccount=made))
    parameters = organization.client("ssm", made).describe_parameters()["Parameters"]
    assert f"/{name}" not in [each["Name"] for each in parameters]


def test_updates_reach_the_members_and_keep_parameters_only_when_told(
    admin: Administrator, organization: Organization
) -> None:
    name = admin.define("updated")
    admin.deploy(name, organization.ous["Root/Sandbox"])
    assert refused(admin.update_stack_set, StackSetName=name, TemplateBody=template("two")) == "ValidationError"
    kept = [{"ParameterKey": "Name", "UsePreviousValue": True}]
    operation = admin.update_stack_set(StackSetName=name, TemplateBody=template("two"), Parameters=kept)["OperationId"]
    assert admin.finished(name, operation) == "SUCCEEDED"
    ssm = organization.client("ssm", "333333333333")
    assert ssm.get_parameter(Name=f"/{name}")["Parameter"]["Value"] == "two"
    other = [{"ParameterKey": "Name", "ParameterValue": "/updated-override"}]
    operation = admin.update_stack_instances(
        StackSetName=name,
        DeploymentTargets={"OrganizationalUnitIds": [organization.ous["Root/Sandbox"]]},
        Regions=["us-east-1"],
        ParameterOverrides=other,
    )["OperationId"]
    assert admin.finished(name, operation) == "SUCCEEDED"
    assert ssm.get_parameter(Name="/updated-override")
    described = admin.describe_stack_instance(
        StackSetName=name, StackInstanceAccount="333333333333", StackInstanceRegion="us-east-1"
    )["StackInstance"]
    assert described["ParameterOverrides"] == other
    assert described["LastOperationId"] == operation


def test_a_failing_account_is_outdated_with_its_reason_and_stops_the_rest(
    admin: Administrator, organization: Organization
) -> None:
    broken = {"Type": "AWS::Lambda::Function", "Properties": {"Role": "arn:aws:iam::1:role/x", "Runtime": "python3.13"}}
    broken["Properties"] |= {"Handler": "a.b", "Code": {"S3Bucket": "no-such-bucket", "S3Key": "x"}}
    name = admin.define("broken", template(Broken=broken))
    operation = admin.create_stack_instances(
        StackSetName=name,
        DeploymentTargets={"OrganizationalUnitIds": [organization.ous["Root/Workloads"]]},
        Regions=["us-east-1", "eu-west-1"],
        OperationPreferences={"RegionOrder": ["eu-west-1", "us-east-1"]},
    )["OperationId"]
    assert admin.finished(name, operation) == "FAILED"
    results = admin.list_stack_set_operation_results(StackSetName=name, OperationId=operation)["Summaries"]
    failed = [each for each in results if each["Status"] == "FAILED"]
    assert [each["Region"] for each in failed] == ["eu-west-1"]
    assert "Broken" in failed[0]["StatusReason"]
    assert {each["Status"] for each in results} == {"FAILED", "CANCELLED"}
    assert {each["Status"] for each in admin.instances(name)} == {"OUTDATED"}
    filtered = admin.instances(name, Filters=[{"Name": "DETAILED_STATUS", "Values": "FAILED"}])
    assert [each["Account"] for each in filtered] == [failed[0]["Account"]]
    kept = [{"ParameterKey": "Name", "UsePreviousValue": True}]
    mended = admin.update_stack_set(
        StackSetName=name, TemplateBody=template(), Parameters=kept, OperationPreferences=EVERYWHERE
    )["OperationId"]
    assert admin.finished(name, mended) == "SUCCEEDED"
    assert {each["Status"]: each.get("StatusReason") for each in admin.instances(name)} == {"CURRENT": None}


def test_account_filters_narrow_the_targets(admin: Administrator, organization: Organization) -> None:
    workloads = organization.ous["Root/Workloads"]
    name = admin.define("narrowed")
    admin.deploy(name, workloads, Accounts=["444455556666"], AccountFilterType="INTERSECTION")
    assert [each["Account"] for each in admin.instances(name)] == ["444455556666"]
    s3 = organization.client("s3", organization.hub)
    s3.create_bucket(Bucket="stack-set-accounts")
    s3.put_object(Bucket="stack-set-accounts", Key="list.txt", Body=b"444455556666,123456789012\n")
    listed = "https://stack-set-accounts.s3.amazonaws.com/list.txt"
    admin.deploy(name, workloads, AccountsUrl=listed, AccountFilterType="INTERSECTION")
    assert [each["Account"] for each in admin.instances(name)] == ["123456789012", "444455556666"]
    admin.deploy(name, workloads, Accounts=["777788889999"], AccountFilterType="DIFFERENCE")
    assert "777788889999" not in [each["Account"] for each in admin.instances(name)]


def test_instances_and_operations_come_in_pages(admin: Administrator, organization: Organization) -> None:
    name = admin.define("paged")
    admin.deploy(name, organization.ous["Root/Workloads"], ("us-east-1", "eu-west-1"))
    pages = admin.client.get_paginator("list_stack_instances").paginate(
        StackSetName=name, CallAs="DELEGATED_ADMIN", PaginationConfig={"PageSize": 3}
    )
    places = [(each["Account"], each["Region"]) for one in pages for each in one["Summaries"]]
    assert len(places) == len(set(places)) == 8
    operations = admin.list_stack_set_operations(StackSetName=name)["Summaries"]
    assert [each["Action"] for each in operations] == ["CREATE"]


def test_deleting_removes_the_stacks_first_and_then_the_set(admin: Administrator, organization: Organization) -> None:
    name = admin.define("deleted")
    sandbox = organization.ous["Root/Sandbox"]
    admin.deploy(name, sandbox)
    assert refused(admin.delete_stack_set, StackSetName=name) == "StackSetNotEmptyException"
    operation = admin.delete_stack_instances(
        StackSetName=name,
        DeploymentTargets={"OrganizationalUnitIds": [sandbox]},
        Regions=["us-east-1"],
        RetainStacks=False,
    )["OperationId"]
    assert admin.finished(name, operation) == "SUCCEEDED"
    admin.delete_stack_set(StackSetName=name)
    assert refused(admin.describe_stack_set, StackSetName=name) == "StackSetNotFoundException"
    with pytest.raises(ClientError):
        organization.client("ssm", "333333333333").get_parameter(Name=f"/{name}")


def test_a_closed_account_is_skipped(admin: Administrator, organization: Organization, eventually: Eventually) -> None:
    name = admin.define("closed")
    tree = organization.client("organizations", organization.management)
    made = tree.create_account(AccountName="closing", Email="closing@example.com")["CreateAccountStatus"]["AccountId"]
    tree.move_account(
        AccountId=made, SourceParentId=organization.root, DestinationParentId=organization.ous["Root/Security"]
    )
    admin.deploy(name, organization.ous["Root/Security"])
    tree.close_account(AccountId=made)
    kept = [{"ParameterKey": "Name", "UsePreviousValue": True}]
    operation = admin.update_stack_set(StackSetName=name, UsePreviousTemplate=True, Parameters=kept)["OperationId"]
    assert admin.finished(name, operation) == "SUCCEEDED"
    status = admin.instances(name, StackInstanceAccount=made)[0]["StackInstanceStatus"]["DetailedStatus"]
    assert status == "SKIPPED_SUSPENDED_ACCOUNT"
