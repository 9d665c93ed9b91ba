"""StackSets of the emulated organization, as the delegated administrator sees them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localorg.running import Eventually, Organization, refused

pytestmark = pytest.mark.slow

EVERYWHERE = {"FailureTolerancePercentage": 100, "MaxConcurrentPercentage": 100, "RegionConcurrencyType": "PARALLEL"}
KEPT = [{"ParameterKey": "Name", "UsePreviousValue": True}]
# A stack with it is at work for its Timeout, and then fails.
WAITING: dict[str, Any] = {
    "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
    "Wait": {"Type": "AWS::CloudFormation::WaitCondition", "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "2"}},
}
WORKLOADS = {"444455556666", "777788889999", "123456789012", "222222222222"}


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

    def withdraw(self, name: str, ou: str, regions: tuple[str, ...] = ("us-east-1",), **targets: Any) -> str:
        answer = self.delete_stack_instances(
            StackSetName=name,
            DeploymentTargets={"OrganizationalUnitIds": [ou], **targets},
            Regions=list(regions),
            RetainStacks=False,
            OperationPreferences=EVERYWHERE,
        )
        return self.finished(name, answer["OperationId"])

    def update(self, name: str, body: str | None = None, **keywords: Any) -> str:
        given = {"TemplateBody": body} if body else {"UsePreviousTemplate": True}
        defaults = {"Parameters": KEPT, "OperationPreferences": EVERYWHERE}
        answer = self.update_stack_set(StackSetName=name, **{**defaults, **given, **keywords})
        return str(answer["OperationId"])

    def results(self, name: str, operation: str, **keywords: Any) -> dict[tuple[str, str], str]:
        answer = self.list_stack_set_operation_results(StackSetName=name, OperationId=operation, **keywords)
        return {(each["Account"], each["Region"]): each["Status"] for each in answer["Summaries"]}

    def statuses(self, name: str) -> dict[str, str]:
        return {each["Account"]: each["Status"] for each in self.instances(name)}

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
    assert one["OrganizationalUnitId"] == organization.ous["Root/Workloads"]
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
    assert {each["Account"] for each in admin.instances(name)} == {"444455556666", "123456789012", "222222222222"}
    excepted = {"Accounts": ["444455556666"], "AccountFilterType": "DIFFERENCE"}
    assert admin.withdraw(name, workloads, **excepted) == "SUCCEEDED"
    assert [each["Account"] for each in admin.instances(name)] == ["444455556666"]


def test_accounts_beside_the_ous_are_for_instances_that_exist(admin: Administrator, organization: Organization) -> None:
    sandbox, workloads = organization.ous["Root/Sandbox"], organization.ous["Root/Workloads"]
    name = admin.define("united")
    asked = {"StackSetName": name, "Regions": ["us-east-1"]}
    for filters in ({"AccountFilterType": "UNION"}, {}):
        targets = {"OrganizationalUnitIds": [sandbox], "Accounts": ["444455556666"], **filters}
        assert refused(admin.create_stack_instances, DeploymentTargets=targets, **asked) == "ValidationError"
    accounts_only = {"Accounts": ["444455556666"]}
    assert refused(admin.create_stack_instances, DeploymentTargets=accounts_only, **asked) == "ValidationError"
    admin.deploy(name, organization.root)
    everyone = set(admin.statuses(name))
    assert admin.withdraw(name, sandbox, Accounts=["444455556666"]) == "SUCCEEDED"
    left = set(admin.statuses(name))
    assert everyone - left == {"333333333333", "444455556666"}
    assert admin.withdraw(name, workloads, Accounts=["222222222222"], AccountFilterType="INTERSECTION") == "SUCCEEDED"
    assert left - set(admin.statuses(name)) == {"222222222222"}


def test_an_ou_that_was_never_deployed_to_cannot_be_updated_or_withdrawn_from(
    admin: Administrator, organization: Organization
) -> None:
    name = admin.define("elsewhere")
    admin.deploy(name, organization.ous["Root/Sandbox"])
    targets = {"OrganizationalUnitIds": [organization.ous["Root/Workloads"]]}
    asked = {"StackSetName": name, "DeploymentTargets": targets, "Regions": ["us-east-1"]}
    assert refused(admin.update_stack_instances, ParameterOverrides=[], **asked) == "ValidationError"
    assert refused(admin.delete_stack_instances, RetainStacks=False, **asked) == "ValidationError"
    assert refused(admin.update_stack_set, UsePreviousTemplate=True, Parameters=KEPT, **asked) == "ValidationError"


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


def test_every_list_comes_in_pages_with_tokens(admin: Administrator, organization: Organization) -> None:
    name = admin.define("listed")
    other = admin.define("listed-too")
    admin.deploy(name, organization.ous["Root/Workloads"])
    admin.deploy(name, organization.ous["Root/Sandbox"])
    operation = admin.list_stack_set_operations(StackSetName=name)["Summaries"][1]["OperationId"]
    asked = {"StackSetName": name}
    for list_call, keywords, count in (
        ("list_stack_sets", {"Status": "ACTIVE"}, len(admin.list_stack_sets()["Summaries"])),
        ("list_stack_instances", asked, 5),
        ("list_stack_set_operations", asked, 2),
        ("list_stack_set_operation_results", {**asked, "OperationId": operation}, 4),
        ("list_stack_set_auto_deployment_targets", asked, 2),
    ):
        found, token = [], {}
        while token is not None:
            answer = getattr(admin, list_call)(MaxResults=1, **keywords, **token)
            assert len(answer["Summaries"]) == 1
            found += answer["Summaries"]
            token = {"NextToken": answer["NextToken"]} if "NextToken" in answer else None
        assert len(found) == count
        assert refused(getattr(admin, list_call), NextToken="no token", **keywords) == "ValidationError"
        assert refused(getattr(admin, list_call), MaxResults=101, **keywords) == "ValidationError"
    assert other in [each["StackSetName"] for each in admin.list_stack_sets()["Summaries"]]


def test_an_update_of_some_outdates_all_and_one_that_changes_nothing_outdates_none(
    admin: Administrator, organization: Organization
) -> None:
    name = admin.define("some")
    admin.deploy(name, organization.root)
    sandbox = {"DeploymentTargets": {"OrganizationalUnitIds": [organization.ous["Root/Sandbox"]]}}
    sandbox["Regions"] = ["us-east-1"]
    again = admin.update(name, **sandbox)
    assert admin.finished(name, again) == "SUCCEEDED"
    assert set(admin.statuses(name).values()) == {"CURRENT"}
    changed = admin.update(name, template("two"), **sandbox)
    assert admin.finished(name, changed) == "SUCCEEDED"
    assert admin.results(name, changed) == {("333333333333", "us-east-1"): "SUCCEEDED"}
    statuses = admin.statuses(name)
    assert statuses.pop("333333333333") == "CURRENT"
    assert set(statuses.values()) == {"OUTDATED"}
    value = organization.client("ssm", "444455556666").get_parameter(Name=f"/{name}")["Parameter"]["Value"]
    assert value == "one"
    assert admin.finished(name, admin.update(name)) == "SUCCEEDED"
    assert set(admin.statuses(name).values()) == {"CURRENT"}
    deployment = {"AutoDeployment": {"Enabled": False}, **sandbox}
    assert refused(admin.update_stack_set, StackSetName=name, UsePreviousTemplate=True, **deployment)


def test_an_operation_id_is_used_once_and_its_second_request_changes_nothing(
    admin: Administrator, organization: Organization
) -> None:
    name = admin.define("once")
    admin.deploy(name, organization.ous["Root/Sandbox"])
    assert admin.update(name, template("two"), OperationId="update-1") == "update-1"
    assert admin.finished(name, "update-1") == "SUCCEEDED"
    keywords = {"StackSetName": name, "TemplateBody": template("three"), "Parameters": KEPT, "OperationId": "update-1"}
    assert refused(admin.update_stack_set, **keywords) == "OperationIdAlreadyExistsException"
    assert "two" in admin.describe_stack_set(StackSetName=name)["StackSet"]["TemplateBody"]
    assert len(admin.list_stack_set_operations(StackSetName=name)["Summaries"]) == 2


def test_an_operation_goes_on_without_its_client_and_can_be_found_again(
    admin: Administrator, organization: Organization
) -> None:
    name = admin.define("abandoned", template(**WAITING))
    targets = {"OrganizationalUnitIds": [organization.ous["Root/Sandbox"]]}
    admin.create_stack_instances(StackSetName=name, DeploymentTargets=targets, Regions=["us-east-1"])
    running = admin.list_stack_set_operations(StackSetName=name)["Summaries"][0]
    assert (running["Action"], running["Status"]) == ("CREATE", "RUNNING")
    assert refused(admin.update_stack_set, StackSetName=name, TemplateBody=template(), Parameters=KEPT) == (
        "OperationInProgressException"
    )
    assert refused(admin.delete_stack_set, StackSetName=name) == "StackSetNotEmptyException"
    assert admin.finished(name, running["OperationId"]) == "FAILED"
    described = admin.describe_stack_set_operation(StackSetName=name, OperationId=running["OperationId"])
    assert described["StackSetOperation"]["StatusDetails"] == {"FailedStackInstancesCount": 1}
    assert described["StackSetOperation"]["DeploymentTargets"] == targets


def test_queued_operations_work_with_what_they_were_asked_for_in_order(
    admin: Administrator, organization: Organization
) -> None:
    name = admin.define("queued", ManagedExecution={"Active": True})
    sandbox = organization.ous["Root/Sandbox"]
    admin.deploy(name, sandbox)
    targets = {"DeploymentTargets": {"OrganizationalUnitIds": [sandbox]}, "Regions": ["us-east-1"]}
    waiting = admin.update(name, template(**WAITING))
    removed = admin.delete_stack_instances(StackSetName=name, RetainStacks=False, **targets)["OperationId"]
    doomed = admin.update(name, template("two"))
    made = admin.create_stack_instances(StackSetName=name, **targets)["OperationId"]
    last = admin.update(name, template("three"))
    statuses = {
        each["OperationId"]: each["Status"] for each in admin.list_stack_set_operations(StackSetName=name)["Summaries"]
    }
    assert [statuses[each] for each in (waiting, removed, doomed, made, last)] == ["RUNNING"] + 4 * ["QUEUED"]
    mode = {"ManagedExecution": {"Active": False}, "UsePreviousTemplate": True, "Parameters": KEPT}
    assert refused(admin.update_stack_set, StackSetName=name, **mode) == "OperationInProgressException"
    assert [admin.finished(name, each) for each in (waiting, removed, doomed, made, last)] == [
        "SUCCEEDED",  # within the tolerance
        "SUCCEEDED",
        "SUCCEEDED",
        "SUCCEEDED",
        "SUCCEEDED",
    ]
    place = ("333333333333", "us-east-1")
    assert [admin.results(name, each)[place] for each in (waiting, removed, doomed, made, last)] == [
        "FAILED",
        "SUCCEEDED",
        "CANCELLED",  # it was deleted before its turn
        "SUCCEEDED",
        "SUCCEEDED",
    ]
    value = organization.client("ssm", "333333333333").get_parameter(Name=f"/{name}")["Parameter"]["Value"]
    assert value == "three"
    assert admin.statuses(name) == {"333333333333": "CURRENT"}


@pytest.mark.parametrize(
    ("mode", "concurrent", "failed"),
    [("STRICT_FAILURE_TOLERANCE", 1, 1), ("SOFT_FAILURE_TOLERANCE", 1, 1), ("SOFT_FAILURE_TOLERANCE", 4, 4)],
)
def test_without_tolerance_a_failure_stops_what_has_not_begun(
    admin: Administrator, organization: Organization, mode: str, concurrent: int, failed: int
) -> None:
    name = admin.define(f"intolerant-{mode[:4].lower()}-{concurrent}", template(**WAITING))
    operation = admin.create_stack_instances(
        StackSetName=name,
        DeploymentTargets={"OrganizationalUnitIds": [organization.ous["Root/Workloads"]]},
        Regions=["us-east-1"],
        OperationPreferences={"FailureToleranceCount": 0, "MaxConcurrentCount": concurrent, "ConcurrencyMode": mode},
    )["OperationId"]
    assert admin.finished(name, operation) == "FAILED"
    results = sorted(admin.results(name, operation).values())
    assert results == ["CANCELLED"] * (4 - failed) + ["FAILED"] * failed
    filters = [{"Name": "OPERATION_RESULT_STATUS", "Values": "FAILED"}]
    assert len(admin.results(name, operation, Filters=filters)) == failed
    details = admin.describe_stack_set_operation(StackSetName=name, OperationId=operation)["StackSetOperation"]
    assert details["StatusDetails"]["FailedStackInstancesCount"] == failed


def test_within_the_tolerance_an_operation_succeeds_although_some_fail(
    admin: Administrator, organization: Organization
) -> None:
    taken = organization.client("ssm", "777788889999")
    taken.put_parameter(Name="/tolerant", Type="String", Value="somebody's")
    name = admin.define("tolerant")
    assert admin.deploy(name, organization.ous["Root/Workloads"]) == "SUCCEEDED"
    assert admin.statuses(name) == dict.fromkeys(WORKLOADS, "CURRENT") | {"777788889999": "OUTDATED"}
    failed = admin.instances(name, StackInstanceAccount="777788889999")[0]
    assert "ResourceLogicalId:Parameter" in failed["StatusReason"]
    taken.delete_parameter(Name="/tolerant")
    assert admin.deploy(name, organization.ous["Root/Workloads"]) == "SUCCEEDED"
    assert set(admin.statuses(name).values()) == {"CURRENT"}


def test_a_stopped_operation_leaves_the_rest_cancelled(admin: Administrator, organization: Organization) -> None:
    name = admin.define("stopped", template(**WAITING), ManagedExecution={"Active": True})
    asked = {
        "StackSetName": name,
        "DeploymentTargets": {"OrganizationalUnitIds": [organization.ous["Root/Workloads"]]},
        "Regions": ["us-east-1", "eu-west-1"],
    }
    first = admin.create_stack_instances(**asked, OperationPreferences={"FailureToleranceCount": 3})["OperationId"]
    second = admin.create_stack_instances(**asked)["OperationId"]
    for operation in (second, first):
        admin.stop_stack_set_operation(StackSetName=name, OperationId=operation)
    assert [admin.finished(name, each) for each in (first, second)] == ["STOPPED", "STOPPED"]
    assert sorted(admin.results(name, first).values()) == ["CANCELLED"] * 7 + ["FAILED"]
    assert set(admin.results(name, second).values()) == {"CANCELLED"}
    again = {"StackSetName": name, "OperationId": first}
    assert refused(admin.stop_stack_set_operation, **again) == "InvalidOperationException"
    unknown = {"StackSetName": name, "OperationId": "unknown"}
    assert refused(admin.stop_stack_set_operation, **unknown) == "OperationNotFoundException"


def test_instances_are_filtered(admin: Administrator, organization: Organization) -> None:
    name = admin.define("filtered")
    admin.deploy(name, organization.ous["Root/Workloads"], ("us-east-1", "eu-west-1"))
    admin.deploy(name, organization.ous["Root/Sandbox"])
    last = admin.list_stack_set_operations(StackSetName=name)["Summaries"][0]["OperationId"]

    def found(filter_name: str, value: str) -> int:
        return len(admin.instances(name, Filters=[{"Name": filter_name, "Values": value}]))

    assert found("LAST_OPERATION_ID", last) == 1
    assert found("DETAILED_STATUS", "SUCCEEDED") == 9
    assert found("DETAILED_STATUS", "FAILED") == 0
    assert (found("DRIFT_STATUS", "NOT_CHECKED"), found("DRIFT_STATUS", "IN_SYNC")) == (9, 0)
    assert len(admin.instances(name, StackInstanceRegion="eu-west-1")) == 4
    assert len(admin.instances(name, StackInstanceRegion="us-east-1", StackInstanceAccount="333333333333")) == 1
    wrong = [{"Name": "DETAILED_STATUS", "Values": "FAILED"}]
    asked = {"StackSetName": name, "OperationId": last}
    assert refused(admin.list_stack_set_operation_results, Filters=wrong, **asked) == "ValidationError"


def test_a_template_url_over_a_megabyte_is_refused(admin: Administrator, organization: Organization) -> None:
    s3 = organization.client("s3", organization.hub)
    s3.create_bucket(Bucket="stack-set-huge")
    s3.put_object(Bucket="stack-set-huge", Key="huge.json", Body=b" " * 999_000 + template().encode() + b" " * 2_000)
    asked = {"PermissionModel": "SERVICE_MANAGED", "AutoDeployment": {"Enabled": False}}
    url = "https://stack-set-huge.s3.amazonaws.com/huge.json"
    assert refused(admin.create_stack_set, StackSetName="huge", TemplateURL=url, **asked) == "ValidationError"
    assert "huge" not in [each["StackSetName"] for each in admin.list_stack_sets()["Summaries"]]


def test_a_stack_that_was_deleted_by_hand_is_made_again_or_is_gone_for_good(
    admin: Administrator, organization: Organization, eventually: Eventually
) -> None:
    name = admin.define("by-hand")
    admin.deploy(name, organization.ous["Root/Sandbox"])
    cloud, ssm = (organization.client(service, "333333333333") for service in ("cloudformation", "ssm"))

    def delete_by_hand() -> None:
        stack = admin.instances(name)[0]["StackId"]
        cloud.delete_stack(StackName=stack)
        assert eventually(
            lambda: cloud.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
        )

    delete_by_hand()
    assert admin.statuses(name) == {"333333333333": "CURRENT"}
    assert admin.finished(name, admin.update(name, template("two"))) == "SUCCEEDED"
    assert ssm.get_parameter(Name=f"/{name}")["Parameter"]["Value"] == "two"
    delete_by_hand()
    assert admin.withdraw(name, organization.ous["Root/Sandbox"]) == "SUCCEEDED"
    assert admin.instances(name) == []


def test_an_account_that_moves_out_while_an_operation_runs_loses_its_stack_after_it(
    admin: Administrator, organization: Organization, eventually: Eventually
) -> None:
    tree = organization.client("organizations", organization.management)
    made = tree.create_account(AccountName="leaver", Email="leaver@example.com")["CreateAccountStatus"]["AccountId"]
    sandbox, root = organization.ous["Root/Sandbox"], organization.root
    tree.move_account(AccountId=made, SourceParentId=root, DestinationParentId=sandbox)
    name = admin.define("moving")
    admin.deploy(name, sandbox)
    operation = admin.update(name, template(**WAITING))
    tree.move_account(AccountId=made, SourceParentId=sandbox, DestinationParentId=root)
    actions = [each["Action"] for each in admin.list_stack_set_operations(StackSetName=name)["Summaries"]]
    assert actions == ["DELETE", "UPDATE", "CREATE"]
    assert admin.finished(name, operation) == "SUCCEEDED"
    assert eventually(lambda: list(admin.statuses(name)) == ["333333333333"])
    parameters = organization.client("ssm", made).describe_parameters()["Parameters"]
    assert f"/{name}" not in [each["Name"] for each in parameters]


def test_an_instance_whose_deletion_failed_is_inoperable_and_no_update_touches_it(
    admin: Administrator, organization: Organization
) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "inoperable-bucket"}}
    name = admin.define("inoperable", template(Bucket=bucket))
    sandbox = organization.ous["Root/Sandbox"]
    admin.deploy(name, sandbox)
    s3 = organization.client("s3", "333333333333")
    s3.put_object(Bucket="inoperable-bucket", Key="left", Body=b"behind")
    admin.withdraw(name, sandbox)
    instance = admin.instances(name)[0]
    assert instance["Status"] == "INOPERABLE"
    assert "Bucket" in instance["StatusReason"]
    operation = admin.update(name, template("two"))
    assert admin.finished(name, operation) == "SUCCEEDED"
    assert admin.results(name, operation) == {}
    s3.delete_object(Bucket="inoperable-bucket", Key="left")
    assert admin.withdraw(name, sandbox) == "SUCCEEDED"
    assert admin.instances(name) == []
