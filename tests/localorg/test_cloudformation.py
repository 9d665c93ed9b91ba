"""CloudFormation of the emulated organization, with one template that uses what the product's templates use."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localorg import exercise
from tests.localorg.running import Eventually, Organization

pytestmark = pytest.mark.slow

DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "DELETE_COMPLETE")
FAILED = ("CREATE_FAILED", "DELETE_FAILED", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED")


def tiny(**properties: Any) -> str:
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x", **properties}}
    return json.dumps({"Resources": {"Parameter": parameter}})


def rule(**properties: Any) -> str:
    made = {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["x"]}, **properties}}
    return json.dumps({"Resources": {"Rule": made}})


class Stacks:
    """CloudFormation of one account with the exercise's code in its bucket."""

    def __init__(self, organization: Organization, eventually: Eventually, account: str) -> None:
        self.organization, self.eventually, self.account = organization, eventually, account
        self.client = organization.client("cloudformation", account)
        self.bucket = f"code-{account}"
        self.publish()

    def publish(self) -> None:
        """Put the function's code into a bucket of the hub that the organization may read, as deployments do."""
        s3 = self.organization.client("s3", self.organization.hub)
        s3.create_bucket(Bucket=self.bucket)
        s3.put_object(Bucket=self.bucket, Key="functions/worker.zip", Body=exercise.archive())
        members = {"StringEquals": {"aws:PrincipalOrgID": self.organization.id}}
        read = exercise.statement("s3:GetObject", f"arn:aws:s3:::{self.bucket}/*", Principal="*", Condition=members)
        s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(exercise.policy(read)))

    def of(self, service: str) -> Any:
        return self.organization.client(service, self.account)

    def parameters(self, **values: Any) -> list[dict[str, Any]]:
        given = {"CodeBucket": self.bucket, "OrganizationId": self.organization.id, **values}
        return [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]

    def create(self, name: str, body: str, **keywords: Any) -> str:
        self.client.create_stack(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"], **keywords)
        return self.finished(name)

    def update(self, name: str, body: str, **keywords: Any) -> str:
        self.client.update_stack(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"], **keywords)
        return self.finished(name)

    def delete(self, name: str) -> str:
        stack = self.client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        self.client.delete_stack(StackName=name)
        return self.finished(stack)

    def finished(self, name: str) -> str:
        def status() -> Any:
            found = self.client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
            return found in DONE + FAILED and found

        return self.eventually(status, 30)

    def reasons(self, name: str) -> list[str]:
        events = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return [event.get("ResourceStatusReason", "") for event in events if "FAILED" in event["ResourceStatus"]]

    def refused(self, call: str, **keywords: Any) -> dict[str, str]:
        with pytest.raises(ClientError) as caught:
            getattr(self.client, call)(**keywords)
        return caught.value.response["Error"]

    def logged(self) -> list[dict[str, Any]]:
        streams = self.of("logs").filter_log_events(logGroupName="/demo/worker")["events"]
        return [json.loads(event["message"]) for event in streams if event["message"].startswith("{")]


@pytest.fixture(scope="module")
def stacks(organization: Organization, eventually: Eventually) -> Stacks:
    return Stacks(organization, eventually, organization.members[0])


def test_a_condition_knows_where_its_stack_is(stacks: Stacks) -> None:
    body = json.loads(tiny())
    for region in ("us-east-1", "eu-west-1"):
        body.setdefault("Conditions", {})[region[:2].upper()] = {"Fn::Equals": [{"Ref": "AWS::Region"}, region]}
        body["Resources"][f"In{region[:2].upper()}"] = {
            **body["Resources"]["Parameter"],
            "Condition": region[:2].upper(),
        }
    assert stacks.create("placed", json.dumps(body)) == "CREATE_COMPLETE"
    found = stacks.client.describe_stack_resources(StackName="placed")["StackResources"]
    assert {one["LogicalResourceId"] for one in found} == {"Parameter", "InUS"}


@pytest.fixture(scope="module")
def demo(stacks: Stacks) -> Stacks:
    assert stacks.create("demo", exercise.template(), Parameters=stacks.parameters(Prefix="demo")) == "CREATE_COMPLETE"
    return stacks


def test_every_property_arrives(demo: Stacks) -> None:
    function = demo.of("lambda").get_function_configuration(FunctionName="demo-worker")
    assert function["Architectures"] == ["arm64"]
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert function["LoggingConfig"]["LogGroup"] == "/demo/worker"
    assert function["Environment"]["Variables"] == {"MODE": "plain"}
    table = demo.of("dynamodb").describe_table(TableName="demo-table")["Table"]
    assert table["GlobalSecondaryIndexes"][0]["Projection"]["NonKeyAttributes"] == ["title"]
    assert table["SSEDescription"]["SSEType"] == "KMS"
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    ttl = demo.of("dynamodb").describe_time_to_live(TableName="demo-table")["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl_timestamp"}
    backups = demo.of("dynamodb").describe_continuous_backups(TableName="demo-table")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_mappings_queues_and_schedules_carry_their_settings(demo: Stacks) -> None:
    mappings = demo.of("lambda").list_event_source_mappings(FunctionName="demo-worker")["EventSourceMappings"]
    queue, stream = sorted(mappings, key=lambda mapping: ":dynamodb:" in mapping["EventSourceArn"])
    assert queue["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert queue["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert stream["BisectBatchOnFunctionError"] is True
    assert stream["FilterCriteria"]["Filters"]
    assert stream["DestinationConfig"]["OnFailure"]["Destination"].endswith("demo-dlq")
    sqs = demo.of("sqs")
    url = sqs.get_queue_url(QueueName="demo-queue")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert json.loads(attributes["RedrivePolicy"])["maxReceiveCount"] in (1, "1")
    assert ":key/" in attributes["KmsMasterKeyId"]
    schedule = demo.of("scheduler").get_schedule(Name="demo-schedule")
    assert schedule["Target"]["Input"] == '{"scheduled": true}'
    invoke = demo.of("lambda").get_function_event_invoke_config(FunctionName="demo-worker")
    assert (invoke["MaximumRetryAttempts"], invoke["MaximumEventAgeInSeconds"]) == (1, 3600)


def test_the_bus_has_its_policy_and_its_archive(demo: Stacks, organization: Organization) -> None:
    events = demo.of("events")
    policy = json.loads(events.describe_event_bus(Name="demo-bus")["Policy"])
    assert policy["Statement"][0]["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": organization.id}}
    assert events.describe_archive(ArchiveName="demo-archive")["RetentionDays"] == 30
    entry = {"Source": "test.remote", "DetailType": "x", "Detail": "{}"}
    entry["EventBusName"] = f"arn:aws:events:us-east-1:{demo.account}:event-bus/demo-bus"
    assert organization.client("events", organization.members[1]).put_events(Entries=[entry])["FailedEntryCount"] == 0
    assert organization.client("events", "888888888888").put_events(Entries=[entry])["FailedEntryCount"] == 1
    assert demo.eventually(lambda: [line for line in demo.logged() if "test.remote" in json.dumps(line)])
    assert events.describe_archive(ArchiveName="demo-archive")["EventCount"] == 1


def test_rule_to_queue_to_function_works_and_a_poison_message_becomes_a_dead_letter(demo: Stacks) -> None:
    entry = {"Source": "test.poison", "DetailType": "x", "Detail": '{"n": "poison"}', "EventBusName": "demo-bus"}
    demo.of("events").put_events(Entries=[entry])
    sqs = demo.of("sqs")
    url = sqs.get_queue_url(QueueName="demo-dlq")["QueueUrl"]
    (message,) = demo.eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"), 20)
    assert json.loads(message["Body"])["source"] == "test.poison"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_a_rule_invokes_the_function_that_permits_it(demo: Stacks, organization: Organization) -> None:
    event = {"source": "aws.test", "detail-type": "x", "detail": {"direct": True}}
    organization.control("events", {"account": demo.account, "region": "us-east-1", "event": event})
    assert demo.eventually(lambda: [line for line in demo.logged() if line["event"].get("detail") == {"direct": True}])


def test_table_changes_reach_the_function_through_the_filter(demo: Stacks) -> None:
    demo.of("dynamodb").put_item(TableName="demo-table", Item={"id": {"S": "streamed"}})
    assert demo.eventually(lambda: [line for line in demo.logged() if "streamed" in json.dumps(line)])


def test_the_custom_resource_answered_and_gave_its_data(demo: Stacks) -> None:
    outputs = demo.client.describe_stacks(StackName="demo")["Stacks"][0]["Outputs"]
    values = {output["OutputKey"]: output["OutputValue"] for output in outputs}
    assert values["Kind"] == "Create"
    assert values["Key"] == "alias/demo"
    assert values["Bus"].endswith(":event-bus/demo-bus")


def test_a_custom_resource_that_never_answers_fails_after_its_time(stacks: Stacks) -> None:
    parameters = stacks.parameters(Prefix="silent", Silent="yes")
    stacks.client.create_stack(
        StackName="silent",
        TemplateBody=exercise.template(),
        Parameters=parameters,
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    assert stacks.organization.control("settled")["settled"] is False
    assert stacks.finished("silent") == "ROLLBACK_COMPLETE"
    assert any("Scan" in reason or "imed out" in reason for reason in stacks.reasons("silent"))
    with pytest.raises(ClientError):
        stacks.of("lambda").get_function(FunctionName="silent-worker")


@pytest.mark.parametrize("values", [{"Prefix": "Not-Allowed"}, {"Prefix": "demo", "Mode": "other"}, {}])
def test_parameters_against_their_constraints_are_refused(stacks: Stacks, values: dict[str, Any]) -> None:
    error = stacks.refused(
        "create_stack",
        StackName="refused",
        TemplateBody=exercise.template(),
        Parameters=stacks.parameters(**values),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    assert error["Code"] == "ValidationError"


def test_capabilities_and_types_are_checked(stacks: Stacks) -> None:
    given = {"StackName": "refused", "Parameters": stacks.parameters(Prefix="x")}
    error = stacks.refused("create_stack", TemplateBody=exercise.template(), **given)
    assert error["Code"] == "InsufficientCapabilitiesException"
    unknown = json.dumps({"Resources": {"X": {"Type": "AWS::Imaginary::Thing"}}})
    assert stacks.refused("create_stack", StackName="refused", TemplateBody=unknown)["Code"] == "ValidationError"


def test_an_update_changes_what_changed_and_a_change_set_says_so_first(demo: Stacks) -> None:
    parameters = demo.parameters(Prefix="demo", Mode="fancy")
    demo.client.create_change_set(
        StackName="demo",
        ChangeSetName="fancy",
        TemplateBody=exercise.template(),
        Parameters=parameters,
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    described = demo.eventually(
        lambda: (
            (found := demo.client.describe_change_set(StackName="demo", ChangeSetName="fancy"))["Status"]
            == "CREATE_COMPLETE"
            and found
        )
    )
    changes = {
        change["ResourceChange"]["LogicalResourceId"]: change["ResourceChange"] for change in described["Changes"]
    }
    assert changes["OnlyFancy"]["Action"] == "Add"
    assert changes["Function"]["Action"] == "Modify"
    demo.client.execute_change_set(StackName="demo", ChangeSetName="fancy")
    assert demo.finished("demo") == "UPDATE_COMPLETE"
    function = demo.of("lambda").get_function_configuration(FunctionName="demo-worker")
    assert function["Environment"]["Variables"] == {"MODE": "very fancy"}
    assert demo.of("ssm").get_parameter(Name="/demo/fancy")


def test_a_failed_update_rolls_back(stacks: Stacks) -> None:
    assert stacks.create("rolling", tiny(Name="/rolling")) == "CREATE_COMPLETE"
    body = json.loads(tiny(Name="/rolling", Value="y"))
    body["Resources"]["Rule"] = {
        "Type": "AWS::Events::Rule",
        "Properties": {"EventPattern": {"source": "not a list"}},
        "DependsOn": "Parameter",
    }
    assert stacks.update("rolling", json.dumps(body)) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.of("ssm").get_parameter(Name="/rolling")["Parameter"]["Value"] == "x"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (rule(Targets=[{"Id": "t", "Arn": "arn:aws:events:us-east-1:111122223333:event-bus/x"}]), "RoleArn"),
        (rule(EventBusName="missing"), "does not exist"),
        (rule(EventPattern={"source": ["x" * 2100]}), "2048"),
        (rule(ScheduleExpression="every day"), "ScheduleExpression"),
    ],
)
def test_a_rule_that_the_api_would_refuse_fails_the_stack(stacks: Stacks, body: str, reason: str) -> None:
    name = f"strict-{abs(hash(reason)) % 10_000}"
    assert stacks.create(name, body) == "ROLLBACK_COMPLETE"
    assert any(reason in text for text in stacks.reasons(name))


def test_an_unchanged_update_is_refused(stacks: Stacks) -> None:
    stacks.create("still", tiny(Name="/still"))
    error = stacks.refused("update_stack", StackName="still", TemplateBody=tiny(Name="/still"))
    assert "No updates are to be performed" in error["Message"]


def test_a_template_in_a_bucket_is_read_under_each_form_of_its_url(stacks: Stacks) -> None:
    hub = stacks.organization.client("s3", stacks.organization.hub)
    hub.put_object(Bucket=stacks.bucket, Key="t/x.json", Body=tiny(Name="/by-url").encode())
    for url in (
        f"https://{stacks.bucket}.s3.us-east-1.amazonaws.com/t/x.json",
        f"https://s3.us-east-1.amazonaws.com/{stacks.bucket}/t/x.json",
    ):
        assert stacks.client.validate_template(TemplateURL=url)["Parameters"] == []
    missing = f"https://{stacks.bucket}.s3.amazonaws.com/nothing"
    assert stacks.refused("validate_template", TemplateURL=missing)["Code"] == "ValidationError"


def test_deleting_shows_at_once_and_keeps_what_is_retained(stacks: Stacks) -> None:
    stacks.create("gone", exercise.template(), Parameters=stacks.parameters(Prefix="gone"))
    stacks.client.delete_stack(StackName="gone")
    assert stacks.client.describe_stacks()["Stacks"]
    stack = next(s for s in stacks.client.list_stacks()["StackSummaries"] if s["StackName"] == "gone")
    assert stack["StackStatus"].startswith("DELETE_")
    assert stacks.finished(stack["StackId"]) == "DELETE_COMPLETE"
    buckets = [bucket["Name"] for bucket in stacks.of("s3").list_buckets()["Buckets"]]
    assert f"gone-kept-{stacks.account}" in buckets
    assert "gone-bus" not in [bus["Name"] for bus in stacks.of("events").list_event_buses()["EventBuses"]]
    with pytest.raises(ClientError):
        stacks.of("events").describe_archive(ArchiveName="gone-archive")


def test_deletion_protection_holds_a_table(stacks: Stacks) -> None:
    table = json.loads(json.dumps(exercise.STORAGE["Table"]["Properties"]))
    del table["SSESpecification"]
    table |= {"TableName": "protected", "DeletionProtectionEnabled": True}
    body = json.dumps({"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": table}}})
    stacks.create("protected", body)
    assert stacks.delete("protected") == "DELETE_FAILED"
    assert stacks.of("dynamodb").describe_table(TableName="protected")


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("IAM::Role", {"RoleName": "twice", "AssumeRolePolicyDocument": exercise.trust("lambda")}),
        ("Logs::LogGroup", {"LogGroupName": "/twice"}),
        ("SQS::Queue", {"QueueName": "twice"}),
        ("Events::Rule", {"Name": "twice", "EventPattern": {"source": ["x"]}}),
        ("SSM::Parameter", {"Name": "/twice", "Type": "String", "Value": "x"}),
    ],
)
def test_a_name_that_is_taken_fails_the_second_stack(stacks: Stacks, kind: str, properties: dict[str, Any]) -> None:
    name = f"twice-{kind.replace('::', '-').lower()}"
    body = json.dumps({"Resources": {"One": exercise.resource(kind, **properties)}})
    assert stacks.create(name, body) == "CREATE_COMPLETE"
    assert stacks.create(f"{name}-again", body) == "ROLLBACK_COMPLETE"
    assert "exists" in " ".join(stacks.reasons(f"{name}-again"))
    assert stacks.delete(f"{name}-again") == "DELETE_COMPLETE"
    assert stacks.client.describe_stack_resources(StackName=name)["StackResources"]


SLOW = {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}
SLOW["Wait"] = {
    "Type": "AWS::CloudFormation::WaitCondition",
    "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "3"},
}


def with_parameter(name: str, **resources: Any) -> str:
    return json.dumps({"Resources": {**json.loads(tiny(Name=name))["Resources"], **resources}})


def test_a_stack_at_work_takes_no_other_change(stacks: Stacks) -> None:
    stacks.create("busy", with_parameter("/busy"))
    proposed = {"StackName": "busy", "TemplateBody": with_parameter("/busy/other")}
    stacks.client.create_change_set(ChangeSetName="before", **proposed)
    stacks.client.update_stack(StackName="busy", TemplateBody=with_parameter("/busy", **SLOW))
    error = stacks.refused("create_change_set", ChangeSetName="second", **proposed)
    assert error["Code"] == "ValidationError"
    assert "is in UPDATE_IN_PROGRESS state and can not be updated" in error["Message"]
    assert stacks.refused("update_stack", **proposed)["Code"] == "ValidationError"
    assert stacks.refused("execute_change_set", StackName="busy", ChangeSetName="before")
    assert stacks.finished("busy") == "UPDATE_ROLLBACK_COMPLETE"
    stacks.client.create_change_set(ChangeSetName="second", **proposed)
    stacks.client.execute_change_set(StackName="busy", ChangeSetName="second")
    assert stacks.finished("busy") == "UPDATE_COMPLETE"


def test_a_stack_whose_creation_was_rolled_back_must_be_deleted_first(stacks: Stacks) -> None:
    stacks.create("taker", with_parameter("/taken"))
    body = with_parameter(
        "/stillborn", Taken=exercise.resource("SSM::Parameter", Name="/taken", Type="String", Value="x")
    )
    assert stacks.create("stillborn", body) == "ROLLBACK_COMPLETE"
    mended = {"StackName": "stillborn", "TemplateBody": with_parameter("/stillborn")}
    assert stacks.refused("create_stack", **mended)["Code"] == "AlreadyExistsException"
    assert "ROLLBACK_COMPLETE" in stacks.refused("create_change_set", ChangeSetName="mend", **mended)["Message"]
    again = {"ChangeSetName": "mend", "ChangeSetType": "CREATE", **mended}
    assert stacks.refused("create_change_set", **again)["Code"] == "AlreadyExistsException"
    assert stacks.refused("update_stack", **mended)["Code"] == "ValidationError"
    assert stacks.delete("stillborn") == "DELETE_COMPLETE"
    assert stacks.create("stillborn", with_parameter("/stillborn")) == "CREATE_COMPLETE"


@pytest.mark.parametrize(("policy", "asked"), [("RetainExceptOnCreate", False), ("Retain", True)])
def test_what_a_failed_creation_made_goes_although_it_would_be_retained(
    stacks: Stacks, policy: str, asked: bool
) -> None:
    name = f"{policy.lower()}-kept"
    kept = {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": policy, "Properties": {"LogGroupName": f"/{name}"}}
    stacks.of("ssm").put_parameter(Name=f"/{name}", Type="String", Value="x")
    taken = {**json.loads(tiny(Name=f"/{name}"))["Resources"]["Parameter"], "DependsOn": "Kept"}
    broken = json.dumps({"Resources": {"Kept": kept, "Taken": taken}})
    assert stacks.create(name, broken, RetainExceptOnCreate=asked) == "ROLLBACK_COMPLETE"
    groups = stacks.of("logs").describe_log_groups
    assert not groups(logGroupNamePrefix=f"/{name}")["logGroups"]
    stacks.delete(name)
    assert stacks.create(name, json.dumps({"Resources": {"Kept": kept}})) == "CREATE_COMPLETE"
    assert stacks.delete(name) == "DELETE_COMPLETE"
    assert groups(logGroupNamePrefix=f"/{name}")["logGroups"]


def test_what_a_stack_left_behind_is_taken_over_by_the_next_one(stacks: Stacks) -> None:
    table = {
        "TableName": "left-behind",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "SSESpecification": {"SSEEnabled": True},
        "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
    }
    properties = {
        "AWS::DynamoDB::Table": table,
        "AWS::S3::Bucket": {"BucketName": "left-behind-bucket"},
        "AWS::Logs::LogGroup": {"LogGroupName": "/left/behind"},
    }
    made = {
        kind.split("::")[2]: {"Type": kind, "DeletionPolicy": "Retain", "Properties": given}
        for kind, given in properties.items()
    }
    outputs = {"Stream": {"Value": {"Fn::GetAtt": ["Table", "StreamArn"]}}}
    body = json.dumps({"Resources": made, "Outputs": outputs})
    assert stacks.create("first", body) == "CREATE_COMPLETE"
    stacks.of("dynamodb").put_item(TableName="left-behind", Item={"id": {"S": "one"}})
    assert stacks.delete("first") == "DELETE_COMPLETE"
    assert stacks.create("without", body) == "ROLLBACK_COMPLETE"
    stacks.client.create_change_set(
        StackName="next",
        ChangeSetName="adopt",
        ChangeSetType="CREATE",
        ImportExistingResources=True,
        TemplateBody=body,
    )
    changes = stacks.client.describe_change_set(StackName="next", ChangeSetName="adopt")["Changes"]
    assert {each["ResourceChange"]["Action"] for each in changes} == {"Import"}
    stacks.client.execute_change_set(StackName="next", ChangeSetName="adopt")
    assert stacks.finished("next") == "CREATE_COMPLETE"
    assert stacks.of("dynamodb").get_item(TableName="left-behind", Key={"id": {"S": "one"}})["Item"]
    stack = stacks.client.describe_stacks(StackName="next")["Stacks"][0]
    assert ":table/left-behind/stream/" in stack["Outputs"][0]["OutputValue"]
    changed = {**made, "Table": {**made["Table"], "Properties": {**table, "DeletionProtectionEnabled": True}}}
    assert stacks.update("next", json.dumps({"Resources": changed})) == "UPDATE_COMPLETE"
    described = stacks.of("dynamodb").describe_table(TableName="left-behind")["Table"]
    assert described["DeletionProtectionEnabled"]


def test_what_is_not_retained_is_not_taken_over(stacks: Stacks, eventually: Eventually) -> None:
    stacks.of("logs").create_log_group(logGroupName="/not/retained")
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/not/retained"}}
    asked = {"StackName": "unretained", "ChangeSetName": "adopt"}
    body = json.dumps({"Resources": {"Group": group}})
    stacks.client.create_change_set(ChangeSetType="CREATE", ImportExistingResources=True, TemplateBody=body, **asked)
    made = stacks.client.describe_change_set(**asked)
    assert made["Status"] == "FAILED"
    assert "'Retain' or 'RetainExceptOnCreate'" in made["StatusReason"]
