"""Links that act: two open methods with limits of their own, a key that two functions read, and nothing when off."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from contract.settings import variable_names
from generator.snapshots import rendered
from hub.settings import ActionsSettings
from tests.generator.variants import variant

OFF: dict[str, Any] = rendered(variant(web={"action_links": False}))["hub"]["Resources"]


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    found: dict[str, Any] = rendered(variant(web={"action_links": True, "action_link_days": 3}))["hub"]["Resources"]
    return found


def of_type(resources: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {title: one["Properties"] for title, one in resources.items() if one["Type"] == kind}


def statements(resources: dict[str, Any], function: str) -> list[dict[str, Any]]:
    policies = resources[f"{function}Role"]["Properties"]["Policies"]
    return [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]


def test_just_the_two_methods_of_links_ask_for_no_signature(resources: dict[str, Any]) -> None:
    methods = of_type(resources, "AWS::ApiGateway::Method")
    free = {one["HttpMethod"]: one for one in methods.values() if one["AuthorizationType"] != "AWS_IAM"}
    assert {*free} == {"GET", "POST"}
    for one in free.values():
        assert (one["AuthorizationType"], one["ResourceId"]) == ("NONE", {"Ref": "ApiActions"})
        assert "${Actions.Arn}" in one["Integration"]["Uri"]["Fn::Sub"]
    assert resources["ApiActions"]["Properties"]["PathPart"] == "actions"


def test_links_have_limits_of_their_own(resources: dict[str, Any]) -> None:
    (stage,) = of_type(resources, "AWS::ApiGateway::Stage").values()
    limits = {(one["ResourcePath"], one["HttpMethod"]): one for one in stage["MethodSettings"]}
    assert {*limits} == {("/*", "*"), ("/~1actions", "GET"), ("/~1actions", "POST")}
    for path, method in limits:
        assert not limits[path, method]["DataTraceEnabled"], "tokens would stand in the log"
    assert {limits["/~1actions", one]["ThrottlingRateLimit"] for one in ("GET", "POST")} == {10}


def test_no_log_of_requests_holds_a_token(resources: dict[str, Any]) -> None:
    """It stands in the query: API Gateway's `path` holds none of that."""
    (stage,) = of_type(resources, "AWS::ApiGateway::Stage").values()
    logged = set(json.loads(stage["AccessLogSetting"]["Format"]).values())
    assert "$context.path" in logged
    assert not {one for one in logged if "query" in one.lower() or "requestOverride" in one or "body" in one.lower()}
    assert of_type(resources, "AWS::WAFv2::LoggingConfiguration") == {}


def test_the_deployment_waits_for_the_links_methods(resources: dict[str, Any]) -> None:
    (deployment,) = (one for one in resources.values() if one["Type"] == "AWS::ApiGateway::Deployment")
    assert {"ApiActions", "ApiActionsGet", "ApiActionsPost"} <= {*deployment["DependsOn"]}
    without = {title for title, one in OFF.items() if one["Type"] == "AWS::ApiGateway::Deployment"}
    assert without.isdisjoint(resources), "a stage shows what its deployment copied"


def test_the_key_is_made_by_the_stack_and_encrypted_with_its_own(resources: dict[str, Any]) -> None:
    (secret,) = of_type(resources, "AWS::SecretsManager::Secret").values()
    assert secret["Name"] == "muster/action-keys"
    assert secret["KmsKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}
    made = secret["GenerateSecretString"]
    assert json.loads(made["SecretStringTemplate"]) == {"previous": ""}
    assert (made["GenerateStringKey"], made["PasswordLength"]) == ("current", 64)
    assert "SecretString" not in secret


def test_who_sends_links_and_who_takes_them_read_the_key_and_nobody_else(resources: dict[str, Any]) -> None:
    readers = {
        title.removesuffix("Role")
        for title, role in resources.items()
        if role["Type"] == "AWS::IAM::Role" and '["ActionKeys", "Id"]' in json.dumps(role)
    }
    assert readers == {"Actions", "Sender"}
    for one in readers:
        held = [held for held in statements(resources, one) if '["ActionKeys", "Id"]' in json.dumps(held["Resource"])]
        assert [action for each in held for action in each["Action"]] == ["secretsmanager:GetSecretValue"]


def test_what_takes_links_can_do_no_more_than_decide(resources: dict[str, Any]) -> None:
    allowed = {action for one in statements(resources, "Actions") for action in one["Action"]}
    ours = {one for one in allowed if not one.startswith(("kms:", "logs:", "xray:"))}
    assert ours == {"dynamodb:GetItem", "dynamodb:PutItem", "secretsmanager:GetSecretValue"}
    (written,) = (one for one in statements(resources, "Actions") if "dynamodb:PutItem" in one["Action"])
    assert '"FindingsTable"' in json.dumps(written["Resource"])


def test_api_gateway_alone_invokes_it_and_for_links_alone(resources: dict[str, Any]) -> None:
    (permission,) = (
        one
        for one in of_type(resources, "AWS::Lambda::Permission").values()
        if one["FunctionName"] == {"Ref": "Actions"}
    )
    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert permission["SourceArn"]["Fn::Sub"].endswith(":${ApiGateway}/v1/*/actions")


def test_sender_and_taker_agree_on_keys_and_days(resources: dict[str, Any]) -> None:
    sent, taken = (resources[one]["Properties"]["Environment"]["Variables"] for one in ("Sender", "Actions"))
    assert {*taken} == {*variable_names(ActionsSettings)}
    assert {one: sent[one] for one in ("ACTION_SECRET", "ACTION_DAYS")} == {
        "ACTION_SECRET": {"Fn::GetAtt": ["ActionKeys", "Id"]},
        "ACTION_DAYS": "3",
    }
    assert all(taken[one] == sent[one] for one in ("ACTION_SECRET", "ACTION_DAYS"))
    assert sent["ACTION_URL"]["Fn::Sub"] == (
        "https://${ApiGateway}.execute-api.${AWS::Region}.${AWS::URLSuffix}/v1/actions"
    )


def test_without_the_setting_nothing_of_it_is_there() -> None:
    assert not [title for title in OFF if title.startswith(("Actions", "ApiActions", "ActionKeys"))]
    sent = OFF["Sender"]["Properties"]["Environment"]["Variables"]
    assert (sent["ACTION_URL"], sent["ACTION_SECRET"]) == ("", "")
    assert {one["AuthorizationType"] for one in of_type(OFF, "AWS::ApiGateway::Method").values()} == {"AWS_IAM"}
    (stage,) = of_type(OFF, "AWS::ApiGateway::Stage").values()
    assert len(stage["MethodSettings"]) == 1


def test_links_need_the_api() -> None:
    with pytest.raises(ValidationError, match=r"the links lead to the API; set api\.enabled"):
        variant(api={"enabled": False}, web={"action_links": True})


@pytest.mark.parametrize("days", [0, 91, 7.5, "7", True])
def test_links_hold_for_whole_days_and_for_three_months_at_most(days: Any) -> None:
    with pytest.raises(ValidationError, match="action_link_days"):
        variant(web={"action_link_days": days})
