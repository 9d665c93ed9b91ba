import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import ManualArgs, lint

from contract.names import METRICS_NAMESPACE, SILENT_SPOKES, UNWELL_SPOKES
from generator.config import Config, Trail
from generator.functions import ACTIONS, FUNCTIONS, HUB_FUNCTIONS
from generator.generate import templates as render
from generator.hub_stack import hub_values
from generator.parts.function import TemplateError, environment
from generator.settings.web import CDN_REGION
from generator.snapshots import SNAPSHOTS, blank_artefacts, blank_scripts, everything, rendered, written
from generator.spoke_stack import spoke_values
from hub.api.models import Problem
from hub.lookups.catalogue import lookup_actions
from hub.settings import DetectorSettings
from tests.generator.variants import LINTED, variant

Found = Callable[[str, str], dict[str, Any]]

# Rules of cfn-lint that do not hold for us, each with its reason.
SUPPRESSED: dict[str, str] = {}


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for policy in role.get("Policies", []) for one in policy["PolicyDocument"]["Statement"]]


def actions_on(role: dict[str, Any], logical_id: str) -> set[str]:
    """Return the actions that a role has on the resource with a logical id."""
    held = [one for one in statements(role) if f'"{logical_id}"' in json.dumps(one["Resource"])]
    return {action for one in held for action in one["Action"]}


def attribute(value: Any) -> tuple[str, str]:
    return tuple(value["Fn::GetAtt"])


@pytest.mark.parametrize("name", ["hub", "spoke", "artefacts", "management"])
def test_a_template_equals_its_snapshot(templates: dict[str, Any], name: str) -> None:
    kept = (SNAPSHOTS / f"{name}.json").read_text(encoding="utf-8")
    assert written(templates[name]) == kept, "make snapshots accepts the change; read its diff first"


@pytest.mark.parametrize("name", ["web", "dashboard"])
def test_a_template_of_the_web_part_equals_its_snapshot(config: Config, name: str) -> None:
    kept = (SNAPSHOTS / f"{name}.json").read_text(encoding="utf-8")
    assert written(rendered(everything(config))[name]) == kept, "make snapshots accepts the change"


def test_the_agents_part_of_the_spoke_equals_its_snapshot(config: Config) -> None:
    kept = (SNAPSHOTS / "agent.json").read_text(encoding="utf-8")
    whole = rendered(everything(config))["spoke"]["Resources"]
    agent = {title: one for title, one in whole.items() if title.startswith("Agent")}
    assert written(agent) == kept, "make snapshots accepts the change"


@pytest.mark.lint
@pytest.mark.parametrize("settings", LINTED.values(), ids=LINTED)
def test_cfn_lint_has_nothing_to_say(settings: Config) -> None:
    region = settings.aws.home_region
    bodies = render(settings, blank_artefacts(), blank_scripts(settings))
    with_trail = {Trail.ACCOUNTS: ["spoke"], Trail.ORGANIZATION: ["hub", "management"]}
    names = with_trail.get(settings.spoke.trail, list(bodies))
    if settings.web.hosting:
        names = ["hub", "dashboard", "web"]
    elif settings.web.cdn:
        names = ["web"]
    elif settings.network.enabled:
        names = ["hub"]
    elif settings.agent.enabled:
        names = ["spoke", "artefacts"]
    found = [f"{name}: {one}" for name in names for one in lint(bodies[name], config=_arguments(_place(name, region)))]
    assert found == []


def _place(template: str, home: str) -> str:
    return CDN_REGION if template == "web" else home


def _arguments(region: str) -> ManualArgs:
    return ManualArgs(regions=[region], ignore_checks=list(SUPPRESSED))


def test_no_template_names_a_partition(config: Config) -> None:
    for name, body in render(config, blank_artefacts()).items():
        assert "arn:aws:" not in body, name


def test_the_spoke_is_the_same_for_every_account_and_region(config: Config) -> None:
    body = render(config, blank_artefacts())["spoke"]
    assert not {config.aws.regions[0], *config.organization.excluded_accounts} & set(body.split('"'))
    # A StackSet takes it from the bucket, not in its call (CloudFormation guide, "Quotas").
    assert len(body.encode()) <= 460_800


def test_an_unrelated_setting_changes_no_spoke(config: Config) -> None:
    web = config.web.model_copy(update={"dashboard_url": "https://muster.example.com"})
    changed = render(config.model_copy(update={"web": web}), blank_artefacts())
    assert changed["spoke"] == render(config, blank_artefacts())["spoke"]
    assert changed["hub"] != render(config, blank_artefacts())["hub"]


def test_a_changed_setting_of_spokes_lets_them_introduce_themselves_anew(config: Config, of_type: Found) -> None:
    creator = config.creator.model_copy(update={"created_by_key": "MadeBy"})
    changed = rendered(config.model_copy(update={"creator": creator}))["spoke"]["Resources"]["Introduction"]
    (before,) = of_type("spoke", "Custom::MusterSpoke").values()
    assert changed["Properties"]["ConfigHash"] != before["ConfigHash"]


def test_what_answers_for_the_custom_resource_outlives_it(templates: dict[str, Any]) -> None:
    resources = templates["spoke"]["Resources"]
    everywhere = {title for title, one in resources.items() if "Condition" not in one}
    depended = {*resources["Introduction"]["DependsOn"], "Heartbeat"}
    assert depended == everywhere - {"Introduction"}


def test_a_switched_off_tagger_leaves_nothing_behind(config: Config) -> None:
    off = config.model_copy(update={"creator": config.creator.model_copy(update={"enabled": False})})
    body = render(off, blank_artefacts())["spoke"]
    assert "CreatorTagger" not in body
    assert '"PARTS":"alerts,backup-tagger,heartbeat"' in body


def test_a_setting_without_a_value_is_an_error_while_rendering() -> None:
    lacking = "FINDINGS_TABLE, LOOKUPS_QUEUE_URL, STATE_TABLE"
    with pytest.raises(TemplateError, match=f"DetectorSettings: the stack has no value for {lacking}"):
        environment(DetectorSettings, {"prefix": "muster"})


def test_every_value_of_a_stack_is_some_functions_setting(config: Config) -> None:
    wanted = {side: set() for side in (False, True)}
    for what in FUNCTIONS:
        wanted[what.in_spokes] |= set(what.settings.__struct_fields__)
    whole = everything(config)
    assert hub_values(whole).keys() == wanted[False]
    assert spoke_values(whole, "").keys() == wanted[True]


def test_mappings_have_their_actions_on_queues(of_type: Found) -> None:
    roles = of_type("hub", "AWS::IAM::Role")
    mappings = of_type("hub", "AWS::Lambda::EventSourceMapping")
    queued = {one["FunctionName"]["Ref"]: attribute(one["EventSourceArn"])[0] for one in mappings.values()}
    for function, source in queued.items():
        needed = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
        if source == "FindingsTable":
            needed = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}
        assert needed <= actions_on(roles[f"{function}Role"], source), function


def test_mappings_report_single_failures_and_limit_their_concurrency(of_type: Found) -> None:
    for title, one in of_type("hub", "AWS::Lambda::EventSourceMapping").items():
        assert one["FunctionResponseTypes"] == ["ReportBatchItemFailures"], title
        if attribute(one["EventSourceArn"])[1] == "Arn":
            assert 2 <= one["ScalingConfig"]["MaximumConcurrency"] <= 10, title
        else:
            assert attribute(one["DestinationConfig"]["OnFailure"]["Destination"])[0].endswith("DeadLetters"), title


@pytest.mark.parametrize("name", ["hub", "spoke"])
def test_functions_may_send_to_where_their_failures_go(of_type: Found, name: str) -> None:
    roles = of_type(name, "AWS::IAM::Role")
    kinds = ("AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig")
    for one in [one for kind in kinds for one in of_type(name, kind).values()]:
        if "DestinationConfig" in one:
            queue = attribute(one["DestinationConfig"]["OnFailure"]["Destination"])[0]
            assert "sqs:SendMessage" in actions_on(roles[f"{one['FunctionName']['Ref']}Role"], queue)


@pytest.mark.parametrize("name", ["hub", "spoke"])
def test_rules_may_reach_their_targets(of_type: Found, templates: dict[str, Any], name: str) -> None:
    resources = templates[name]["Resources"]
    policies = of_type(name, "AWS::SQS::QueuePolicy")
    permitted = {one["FunctionName"]["Ref"] for one in of_type(name, "AWS::Lambda::Permission").values()}
    for title, rule in of_type(name, "AWS::Events::Rule").items():
        for target in rule["Targets"]:
            if "RoleArn" in target:
                role = resources[attribute(target["RoleArn"])[0]]["Properties"]
                assert statements(role)[0]["Action"] == ["events:PutEvents"]
                assert statements(role)[0]["Resource"] == [target["Arn"]], title
            elif resources[attribute(target["Arn"])[0]]["Type"] == "AWS::Lambda::Function":
                assert attribute(target["Arn"])[0] in permitted, title
            else:
                assert f"{attribute(target['Arn'])[0]}Policy" in policies, title
            assert f"{attribute(target['DeadLetterConfig']['Arn'])[0]}Policy" in policies, title


@pytest.mark.parametrize("name", ["hub", "spoke"])
def test_only_named_rules_may_send_to_queues(of_type: Found, name: str) -> None:
    for title, policy in of_type(name, "AWS::SQS::QueuePolicy").items():
        for one in policy["PolicyDocument"]["Statement"]:
            assert one["Principal"] == {"Service": "events.amazonaws.com"}, title
            assert one["Condition"]["ArnLike"]["aws:SourceArn"], title


def test_whoever_uses_a_table_may_use_its_key(of_type: Found) -> None:
    for title, role in of_type("hub", "AWS::IAM::Role").items():
        if actions_on(role, "FindingsTable") or actions_on(role, "StateTable"):
            assert {"kms:Decrypt", "kms:GenerateDataKey*"} <= actions_on(role, "DataKey"), title


def test_the_bus_takes_events_of_the_organizations_spokes_only(of_type: Found, config: Config) -> None:
    (policy,) = of_type("hub", "AWS::Events::EventBusPolicy").values()
    assert policy["Statement"]["Condition"] == {
        "StringEquals": {"aws:PrincipalOrgID": config.organization.id},
        "ArnLike": {"aws:PrincipalArn": {"Fn::Sub": "arn:${AWS::Partition}:iam::*:role/muster-spoke-*"}},
    }
    assert policy["Statement"]["Action"] == "events:PutEvents"


def test_the_artefacts_are_read_by_the_organization_only(of_type: Found, config: Config) -> None:
    (policy,) = of_type("artefacts", "AWS::S3::BucketPolicy").values()
    allowed = {one["Sid"]: one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"}
    assert [one["Action"] for one in allowed.values()] == ["s3:GetObject", "s3:GetObject"]
    for one in allowed.values():
        assert one["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": config.organization.id}}
    everybodys = [one["Fn::Sub"] for one in allowed["Organization"]["Resource"]]
    assert everybodys == ["${Artefacts.Arn}/functions/*", "${Artefacts.Arn}/templates/*"]
    assert allowed["OwnSettings"]["Resource"] == {"Fn::Sub": "${Artefacts.Arn}/settings/${!aws:PrincipalAccount}.json"}


def test_an_artefact_bucket_goes_with_its_stack_but_not_by_an_update(templates: dict[str, Any]) -> None:
    bucket = templates["artefacts"]["Resources"]["Artefacts"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Delete", "Retain")


def test_every_dead_letter_queue_function_and_stream_reader_of_the_hub_has_its_alarm(of_type: Found) -> None:
    alarmed = json.dumps(list(of_type("hub", "AWS::CloudWatch::Alarm").values()))
    for queue in of_type("hub", "AWS::SQS::Queue"):
        assert f'["{queue}", "QueueName"]' in alarmed
    for what in (one for one in HUB_FUNCTIONS if one is not ACTIONS):
        assert f'{{"Ref": "{what.title}"}}' in alarmed
    assert alarmed.count('"IteratorAge"') == 2


def test_a_spokes_failures_alarm_in_the_hub(of_type: Found) -> None:
    alarm = of_type("hub", "AWS::CloudWatch::Alarm")["SpokesUnwell"]
    assert (alarm["Namespace"], alarm["MetricName"]) == (METRICS_NAMESPACE, UNWELL_SPOKES)
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "reports"}]
    assert alarm["AlarmActions"] == [{"Ref": "Alerts"}]


def test_spokes_that_fall_silent_alarm_also_when_nobody_counts_them(of_type: Found) -> None:
    alarm = of_type("hub", "AWS::CloudWatch::Alarm")["SpokesSilent"]
    assert (alarm["Namespace"], alarm["MetricName"]) == (METRICS_NAMESPACE, SILENT_SPOKES)
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "inventory"}]
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["TreatMissingData"]) == (3_600, 3, "breaching")
    assert alarm["AlarmActions"] == [{"Ref": "CriticalAlerts"}]


@pytest.mark.parametrize(
    ("queue", "said"),
    [
        ("DetectorDeadLetters", "what muster-detector did not manage or never got"),
        ("TransitionsDeadLetters", "changes that muster-transitions gave up, which the stream keeps for a day"),
        ("InventoryDeadLetters", "a call of muster-inventory that failed for good"),
    ],
)
def test_a_dead_letter_alarm_says_what_the_messages_are_and_the_command_that_mends_them(
    of_type: Found, queue: str, said: str
) -> None:
    text = of_type("hub", "AWS::CloudWatch::Alarm")[f"{queue}Waiting"]["AlarmDescription"]
    assert said in text
    name = of_type("hub", "AWS::SQS::Queue")[queue]["QueueName"]
    assert text.endswith(f"mend the cause, then `muster redrive --queue {name}`")


def test_the_email_recipients_hear_of_alarms(config: Config, of_type: Found) -> None:
    found = of_type("hub", "AWS::SNS::Subscription").values()
    alarmed = {"muster_kind": [{"exists": False}]}
    told = {(one["TopicArn"]["Ref"], one["Protocol"], one["Endpoint"]) for one in found if one.get("FilterPolicy")}
    assert all(one.get("FilterPolicy", alarmed) == alarmed for one in found)
    assert config.channels.email
    addresses = config.channels.email.recipients
    assert told == {(topic, "email", one) for topic in ("Alerts", "CriticalAlerts") for one in addresses}


def test_a_streams_failures_are_retried_for_a_long_time_but_not_for_ever(of_type: Found) -> None:
    mappings = of_type("hub", "AWS::Lambda::EventSourceMapping").values()
    streams = [one for one in mappings if "StartingPosition" in one]
    assert len(streams) == 2
    assert all(30 <= one["MaximumRetryAttempts"] <= 100 and one["BisectBatchOnFunctionError"] for one in streams)


def test_the_tagger_never_writes_over_a_creator(of_type: Found) -> None:
    role = of_type("spoke", "AWS::IAM::Role")["CreatorTaggerRole"]
    plain = {"events:PutEvents", "logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage", "tag:TagResources"}
    read = {"ec2:DescribeInstances", "eks:DescribeNodegroup"}
    guarded = [one for one in statements(role) if not (plain | read) & set(one["Action"])]
    assert sum(len(one["Action"]) for one in guarded) > 100
    assert all(one["Condition"]["Null"]["aws:ResourceTag/CreatedBy"] == "true" for one in guarded)


def test_further_tags_are_never_written_over_either(config: Config) -> None:
    creator = config.creator.model_copy(update={"created_at_key": "CreatedAt", "tags": ("CostCenter=42",)})
    body = json.loads(render(config.model_copy(update={"creator": creator}), blank_artefacts())["spoke"])
    role = body["Resources"]["CreatorTaggerRole"]["Properties"]
    (tagging,) = [one for one in statements(role) if "ec2:CreateTags" in one["Action"]]
    assert tagging["Condition"]["ForAllValues:StringEquals"] == {
        "aws:TagKeys": ["CreatedBy", "CreatedAt", "CostCenter"]
    }
    denied = [one["Condition"] for one in statements(role) if one["Effect"] == "Deny"]
    assert [one["ForAnyValue:StringEquals"]["aws:TagKeys"] for one in denied] == [["CreatedAt"], ["CostCenter"]]
    assert denied[1]["Null"] == {"aws:ResourceTag/CostCenter": "false"}


def test_actions_that_change_more_than_tags_are_never_allowed_without_a_tag(of_type: Found) -> None:
    role = of_type("spoke", "AWS::IAM::Role")["CreatorTaggerRole"]
    (narrow,) = [one for one in statements(role) if {"codebuild:UpdateProject", "apigateway:PUT"} & set(one["Action"])]
    assert narrow["Condition"]["Null"] == {"aws:ResourceTag/CreatedBy": "true", "aws:TagKeys": "false"}
    assert narrow["Condition"]["ForAllValues:StringEquals"] == {"aws:TagKeys": ["CreatedBy"]}
    assert all(arn["Fn::Sub"].endswith("/*") for arn in narrow["Resource"])


@pytest.mark.parametrize(
    ("function", "table", "calls"),
    [
        ("Detector", "FindingsTable", {"BatchGetItem", "GetItem", "PutItem"}),
        ("Detector", "StateTable", {"GetItem", "PutItem", "Query", "UpdateItem"}),
        ("Lookups", "FindingsTable", {"BatchGetItem", "GetItem", "PutItem"}),
        ("Lookups", "StateTable", {"PutItem", "Query"}),
        ("Reports", "StateTable", {"DeleteItem", "GetItem", "PutItem"}),
        ("Inventory", "StateTable", {"BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query"}),
        ("Rollups", "StateTable", {"GetItem", "PutItem", "Query", "UpdateItem"}),
        ("Recount", "StateTable", {"GetItem", "PutItem", "Query", "UpdateItem"}),
        ("Sync", "FindingsTable", {"BatchGetItem", "GetItem", "PutItem"}),
        ("Sync", "StateTable", {"GetItem", "PutItem"}),
        ("Api", "FindingsTable", {"BatchGetItem", "GetItem", "PutItem"}),
        ("Api", "StateTable", {"GetItem", "Query"}),
        ("Archiver", "FindingsTable", {"BatchGetItem"}),
        ("Archiver", "StateTable", {"GetItem", "PutItem"}),
        ("Transitions", "StateTable", {"GetItem"}),
        ("Workflow", "FindingsTable", {"BatchGetItem", "GetItem", "PutItem"}),
        ("Workflow", "StateTable", {"PutItem", "Query"}),
        ("Suppressions", "FindingsTable", {"BatchGetItem", "GetItem", "PutItem"}),
        ("Suppressions", "StateTable", {"DeleteItem", "PutItem", "Query"}),
        ("Notifier", "FindingsTable", {"BatchGetItem"}),
        ("Notifier", "StateTable", {"GetItem", "PutItem", "Query"}),
        ("Sender", "FindingsTable", {"BatchGetItem"}),
        ("Sender", "StateTable", {"BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem"}),
        ("Digest", "StateTable", {"GetItem", "PutItem", "Query"}),
        ("ChannelCheck", "StateTable", {"PutItem", "Query", "UpdateItem"}),
    ],
)
def test_a_function_may_only_make_the_calls_that_its_store_makes(
    of_type: Found, function: str, table: str, calls: set[str]
) -> None:
    role = of_type("hub", "AWS::IAM::Role")[f"{function}Role"]
    named = {action for action in actions_on(role, table) if action.startswith("dynamodb:")}
    assert named == {f"dynamodb:{call}" for call in calls}


def test_only_the_look_ups_of_this_hub_may_read_in_accounts(config: Config, of_type: Found) -> None:
    reader = of_type("spoke", "AWS::IAM::Role")["ReadRole"]
    (trusted,) = reader["AssumeRolePolicyDocument"]["Statement"]
    hub, home = config.aws.hub_account, config.aws.home_region
    assert trusted["Principal"] == {"AWS": {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::{hub}:root"}}
    caller = f"arn:${{AWS::Partition}}:iam::{hub}:role/muster-lookups-{home}"
    assert trusted["Condition"] == {
        "StringEquals": {"aws:PrincipalOrgID": config.organization.id},
        "ArnEquals": {"aws:PrincipalArn": {"Fn::Sub": caller}},
    }
    asked = of_type("hub", "AWS::IAM::Role")["LookupsRole"]
    (assumes,) = [one for one in statements(asked) if one["Action"] == ["sts:AssumeRole"]]
    assert assumes["Resource"] == [{"Fn::Sub": f"arn:${{AWS::Partition}}:iam::*:role/{reader['RoleName']}"}]
    assert assumes["Condition"] == {"StringEquals": {"aws:ResourceOrgID": config.organization.id}}
    assert asked["RoleName"]["Fn::Sub"].replace("${AWS::Region}", home) == caller.rpartition("/")[2]


def test_the_reader_may_do_what_the_look_ups_do_and_no_more(of_type: Found) -> None:
    (reads,) = statements(of_type("spoke", "AWS::IAM::Role")["ReadRole"])
    assert reads["Action"] == lookup_actions()


def test_findings_are_imported_as_the_hub_accounts_own_product_only(of_type: Found) -> None:
    role = of_type("hub", "AWS::IAM::Role")["PublisherRole"]
    (imports,) = [one for one in statements(role) if "securityhub:BatchImportFindings" in one["Action"]]
    product = "${AWS::Region}:${AWS::AccountId}:product/${AWS::AccountId}/default"
    assert imports["Action"] == ["securityhub:BatchImportFindings"]
    assert imports["Resource"] == [{"Fn::Sub": f"arn:${{AWS::Partition}}:securityhub:{product}"}]


@pytest.mark.parametrize(
    ("feeds", "allowed"),
    [
        ({}, {"securityhub:BatchUpdateFindings": "hub/default"}),
        ({"security_hub_format": "ocsf"}, {"securityhub:BatchUpdateFindingsV2": "hubv2/*"}),
        ({"security_hub": "off"}, {}),
    ],
)
def test_decisions_are_written_to_the_security_hub_that_is_read(feeds: dict[str, str], allowed: dict[str, str]) -> None:
    role = rendered(variant(feeds=feeds))["hub"]["Resources"]["WorkflowRole"]["Properties"]
    found = {
        action: one["Resource"][0]["Fn::Sub"].rpartition("}:")[2]
        for one in statements(role)
        for action in one["Action"]
        if action.startswith("securityhub:")
    }
    assert found == allowed


def test_without_an_api_nothing_of_it_is_there() -> None:
    off = rendered(variant(api={"enabled": False}))["hub"]
    assert not [title for title in off["Resources"] if title.startswith("Api")]
    assert "ApiUrl" not in off["Outputs"]


def test_the_api_asks_iam_for_every_request_and_keeps_no_paid_cache(of_type: Found) -> None:
    method = of_type("hub", "AWS::ApiGateway::Method")["ApiMethod"]
    assert (method["AuthorizationType"], method["HttpMethod"]) == ("AWS_IAM", "ANY")
    (stage,) = of_type("hub", "AWS::ApiGateway::Stage").values()
    assert "CacheClusterEnabled" not in stage
    (settings,) = (one for one in stage["MethodSettings"] if one["ResourcePath"] == "/*")
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (100, 100)
    assert settings["DataTraceEnabled"] in {False, "false"}, "requests would stand in the log"
    (plan,) = of_type("hub", "AWS::ApiGateway::UsagePlan").values()
    assert plan["Quota"] == {"Limit": 50_000, "Period": "DAY"}


def test_what_api_gateway_refuses_by_itself_looks_like_what_the_function_refuses(of_type: Found) -> None:
    refusals = of_type("hub", "AWS::ApiGateway::GatewayResponse").values()
    assert {one["ResponseType"] for one in refusals} == {"DEFAULT_4XX", "DEFAULT_5XX"}
    for one in refusals:
        headers = {name.rpartition(".")[2] for name in one["ResponseParameters"]}
        assert headers >= {"Strict-Transport-Security", "X-Frame-Options", "Content-Type"}
        text = one["ResponseTemplates"]["application/json"]
        said = json.loads(text.replace("$context.error.messageString", '"no"'))
        assert Problem.model_validate(said, extra="forbid").detail == "no"


def test_the_firewall_stands_before_the_stage(of_type: Found) -> None:
    (acl,) = of_type("hub", "AWS::WAFv2::WebACL").values()
    assert acl["Scope"] == "REGIONAL"
    *managed, rate = acl["Rules"]
    groups = {one["Statement"]["ManagedRuleGroupStatement"]["Name"] for one in managed}
    assert groups == {"AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"}
    assert rate["Statement"]["RateBasedStatement"]["Limit"] == 2_000
    (tied,) = of_type("hub", "AWS::WAFv2::WebACLAssociation").values()
    assert "/stages/${ApiStage}" in tied["ResourceArn"]["Fn::Sub"]


def test_the_delegation_may_name_administrators_of_what_is_switched_on_only() -> None:
    def allowed(**enable: Any) -> set[str]:
        role = rendered(variant(enable=enable))["management"]["Resources"]["DelegateRole"]["Properties"]
        return {action for one in role["Policies"][0]["PolicyDocument"]["Statement"] for action in one["Action"]}

    usual, more = allowed(), allowed(guardduty=True, inspector=True)
    assert more - usual == {
        "guardduty:EnableOrganizationAdminAccount",
        "guardduty:ListOrganizationAdminAccounts",
        "inspector2:EnableDelegatedAdminAccount",
        "inspector2:ListDelegatedAdminAccounts",
    }


def test_aws_config_is_recorded_by_heartbeats_and_seen_from_the_hub() -> None:
    def rendering(**enable: Any) -> dict[str, Any]:
        return {name: one["Resources"] for name, one in rendered(variant(enable=enable)).items()}

    usual, asked = rendering(), rendering(config=True, config_bucket="example-config")
    assert "ConfigView" not in usual["hub"]
    source = asked["hub"]["ConfigView"]["Properties"]["OrganizationAggregationSource"]
    assert source["AwsRegions"] == list(variant().regions)

    def allowed(found: dict[str, Any]) -> set[str]:
        role = found["spoke"]["HeartbeatRole"]["Properties"]
        return {action for one in role["Policies"][0]["PolicyDocument"]["Statement"] for action in one["Action"]}

    more = allowed(asked) - allowed(usual)
    assert {one for one in more if not one.startswith("config:")} == {"iam:CreateServiceLinkedRole", "iam:PassRole"}
    variables = asked["spoke"]["Heartbeat"]["Properties"]["Environment"]["Variables"]
    assert variables["CONFIG_BUCKET"] == "example-config"


def test_another_definition_is_another_deployment() -> None:
    def deployment(**changes: Any) -> str:
        found = rendered(variant(**changes))["hub"]["Resources"]
        return next(title for title, one in found.items() if one["Type"] == "AWS::ApiGateway::Deployment")

    assert deployment() == deployment(api={"requests_per_second": 50})


def test_without_an_archive_nothing_of_it_is_there() -> None:
    off = rendered(variant(archive={"enabled": False}))["hub"]
    assert not [title for title in off["Resources"] if title.startswith(("Archive", "LateArchive"))]
    assert not [one for one in off["Resources"].values() if one["Type"].startswith(("AWS::Glue", "AWS::Athena"))]
    assert "ArchiveBucketName" not in off["Outputs"]


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        ("off", None),
        ("governance", {"Mode": "GOVERNANCE", "Days": 365}),
        ("compliance", {"Mode": "COMPLIANCE", "Days": 365}),
    ],
)
def test_the_archive_is_encrypted_logged_and_locked_as_asked(lock: str, expected: Any) -> None:
    bucket = rendered(variant(archive={"object_lock": lock}))["hub"]["Resources"]["Archive"]["Properties"]
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert bucket["LoggingConfiguration"]["DestinationBucketName"] == {"Ref": "ArchiveLogs"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {"true"} or all(
        bucket["PublicAccessBlockConfiguration"].values()
    )
    found = bucket.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention")
    assert found == expected
    (ageing,) = bucket["LifecycleConfiguration"]["Rules"]
    steps = {one["StorageClass"]: one["TransitionInDays"] for one in ageing["Transitions"]}
    assert steps == {"STANDARD_IA": 30, "GLACIER": 90, "DEEP_ARCHIVE": 365}
    assert ageing["ExpirationInDays"] == 2_555


def test_without_publishing_nothing_of_it_is_there() -> None:
    off = rendered(variant(findings={"publish_to_security_hub": False}, feeds={"security_hub": "off"}))["hub"]
    assert not [title for title in off["Resources"] if "Publisher" in title]
    assert "securityhub" not in json.dumps(off)
    role = off["Resources"]["TransitionsRole"]["Properties"]
    assert actions_on(role, "NotifierQueue") == {"sqs:SendMessage"}
    assert off["Resources"]["Transitions"]["Properties"]["Environment"]["Variables"]["PUBLISHER_QUEUE_URL"] == ""


def test_a_queue_that_gathers_batches_waits_for_them(of_type: Found) -> None:
    for title, one in of_type("hub", "AWS::Lambda::EventSourceMapping").items():
        if attribute(one["EventSourceArn"])[1] == "Arn":
            assert one["BatchSize"] <= 10 or one["MaximumBatchingWindowInSeconds"] >= 1, title


def test_email_is_sent_by_the_configured_sender_only(of_type: Found) -> None:
    role = of_type("hub", "AWS::IAM::Role")["SenderRole"]
    (email,) = [one for one in statements(role) if "ses:SendEmail" in one["Action"]]
    assert email["Condition"] == {"StringEquals": {"ses:FromAddress": "muster@example.com"}}


@pytest.mark.parametrize(
    ("trail", "template", "bucket", "owners"),
    [
        (Trail.ACCOUNTS, "spoke", "TrailLogs", ["${AWS::AccountId}"]),
        (Trail.ORGANIZATION, "hub", "OrganizationTrailLogs", ["999999999999", "o-exampleorg1"]),
    ],
)
def test_only_its_trail_writes_to_a_bucket_of_logs(trail: Trail, template: str, bucket: str, owners: list[str]) -> None:
    resources = rendered(variant(trail=trail))[template]["Resources"]
    kept = resources[bucket]
    assert (kept["DeletionPolicy"], kept["UpdateReplacePolicy"]) == ("Retain", "Retain")
    (rule,) = kept["Properties"]["LifecycleConfiguration"]["Rules"]
    assert (rule["ExpirationInDays"], rule["NoncurrentVersionExpiration"]["NoncurrentDays"]) == (90, 30)
    looks, writes, encrypted = resources[f"{bucket}Policy"]["Properties"]["PolicyDocument"]["Statement"]
    for one in (looks, writes):
        assert one["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
        name = "muster-organization-trail" if template == "hub" else "muster-spoke-trail"
        assert one["Condition"]["StringEquals"]["aws:SourceArn"]["Fn::Sub"].endswith(f":trail/{name}")
    assert [one["Fn::Sub"] for one in writes["Resource"]] == [f"${{{bucket}.Arn}}/AWSLogs/{one}/*" for one in owners]
    assert encrypted["Effect"] == "Deny"


@pytest.mark.parametrize(("region", "home"), [("eu-central-1", "us-east-1"), ("cn-north-1", "cn-north-1")])
def test_an_account_has_one_trail_in_the_global_region(region: str, home: str) -> None:
    spoke = rendered(variant(region, Trail.ACCOUNTS))["spoke"]
    assert spoke["Conditions"] == {"InGlobalRegion": {"Fn::Equals": [{"Ref": "AWS::Region"}, home]}}
    once = {title for title, one in spoke["Resources"].items() if one.get("Condition") == "InGlobalRegion"}
    assert once == {"ReadRole", "Trail", "TrailLogs", "TrailLogsPolicy"}
    introduction = spoke["Resources"]["Introduction"]
    assert not once & set(introduction["DependsOn"])
    assert introduction["Properties"]["Trail"]["Fn::If"][:2] == ["InGlobalRegion", {"Ref": "Trail"}]
    assert spoke["Resources"]["Trail"]["DependsOn"] == "TrailLogsPolicy"


def test_the_hubs_stack_makes_no_trail() -> None:
    """CloudFormation cannot start what a delegated administrator makes for the organization."""
    for trail in Trail:
        assert "AWS::CloudTrail::Trail" not in render(variant(trail=trail), blank_artefacts())["hub"]


def test_deletion_protection_keeps_tables_and_their_key(config: Config) -> None:
    findings = config.findings.model_copy(update={"deletion_protection": False})
    loose = rendered(config.model_copy(update={"findings": findings}))["hub"]["Resources"]
    firm = rendered(config)["hub"]["Resources"]
    for title in ("FindingsTable", "StateTable", "DataKey"):
        assert (firm[title]["DeletionPolicy"], firm[title]["UpdateReplacePolicy"]) == ("Retain", "Retain")
        assert (loose[title]["DeletionPolicy"], loose[title]["UpdateReplacePolicy"]) == ("Delete", "Delete")


def test_templates_do_not_depend_on_where_they_are_rendered(config: Config, tmp_path: Path, monkeypatch: Any) -> None:
    before = render(config, blank_artefacts())
    monkeypatch.chdir(tmp_path)
    assert render(config, blank_artefacts()) == before


def test_spokes_have_alarms_only_when_they_are_paid_for(config: Config, of_type: Found) -> None:
    on = rendered(config.model_copy(update={"spoke": config.spoke.model_copy(update={"alarms": True})}))
    alarms = [one for one in on["spoke"]["Resources"].values() if one["Type"] == "AWS::CloudWatch::Alarm"]
    assert of_type("spoke", "AWS::CloudWatch::Alarm") == {}
    assert len(alarms) == 10
    assert all("AlarmActions" not in one["Properties"] for one in alarms)
    texts = {one["Properties"]["AlarmDescription"] for one in alarms}
    said = "an event that did not reach the hub; mend the cause, then `muster redrive --queue muster-spoke-alerts-dlq"
    assert any(f"{said} --account <id> --profile <its profile>`" in one for one in texts)
