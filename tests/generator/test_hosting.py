"""The hosted dashboard and the roles of any: who reaches it, what it may do, what it is told."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract.names import ACCOUNT_INDEX, CONTROL_INDEX, RESOURCE_INDEX, SEVERITY_INDEX
from dashboard.sign_in import configured
from generator.config import Config, parsed
from generator.config_problems import ConfigError
from generator.dashboard_stack import PORT
from generator.generate import templates
from generator.imports import closure
from generator.rollout.hosting import deploy_hosting, has_hosting, origin_parameters, remove_hosting
from generator.snapshots import blank_artefacts, rendered, sample
from generator.third_party import ROOT
from tests.generator.variants import hosted, variant

Resources = dict[str, dict[str, Any]]


def resources(name: str, **values: Any) -> Resources:
    found: Resources = rendered(variant(web=hosted(**values)))[name]["Resources"]
    return found


def role(title: str, **web: Any) -> dict[str, Any]:
    found: dict[str, Any] = rendered(variant(web=web))["hub"]["Resources"][title]["Properties"]
    return found


def actions(found: dict[str, Any]) -> set[str]:
    return {
        one for policy in found["Policies"] for part in policy["PolicyDocument"]["Statement"] for one in part["Action"]
    }


# The roles


def test_the_readers_role_writes_no_table_and_the_operators_only_findings() -> None:
    reader, operator = role("DashboardRole"), role("DashboardOperatorRole")
    calls = {one for one in actions(reader) if one.startswith("dynamodb:")}
    assert calls == {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"}
    moving = {"sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:SendMessage", "sqs:StartMessageMoveTask"}
    assert actions(operator) - actions(reader) == {"dynamodb:PutItem", *moving}
    (written,) = [
        one["Resource"]
        for policy in operator["Policies"]
        for one in policy["PolicyDocument"]["Statement"]
        if "dynamodb:PutItem" in one["Action"]
    ]
    assert written == [{"Fn::GetAtt": ["FindingsTable", "Arn"]}]


def test_both_roles_ask_the_archive_and_write_nothing_but_athenas_answers() -> None:
    for title in ("DashboardRole", "DashboardOperatorRole"):
        statements = [one for policy in role(title)["Policies"] for one in policy["PolicyDocument"]["Statement"]]
        (written,) = [one["Resource"] for one in statements if "s3:PutObject" in one["Action"]]
        assert written == [{"Fn::Sub": "${ArchiveLogs.Arn}/queries/*"}]
        assert "athena:StartQueryExecution" in actions(role(title))


def test_the_readers_role_lists_by_every_index() -> None:
    said = json.dumps(role("DashboardRole"))
    for index in (ACCOUNT_INDEX, CONTROL_INDEX, RESOURCE_INDEX, SEVERITY_INDEX):
        assert f"/index/{index}" in said


def test_without_settings_the_hub_accounts_own_policies_say_who_assumes_the_roles() -> None:
    for title in ("DashboardRole", "DashboardOperatorRole"):
        (statement,) = role(title)["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"]["AWS"] == {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
        assert statement["Condition"]["StringEquals"]["aws:PrincipalOrgID"] == sample().organization.id


def test_the_settings_say_who_assumes_which_role() -> None:
    audit, team = ("arn:aws:iam::111122223333:role/audit", "arn:aws:iam::444455556666:role/team")
    reader = role("DashboardRole", viewers=(audit,), operators=(team,))
    operator = role("DashboardOperatorRole", viewers=(audit,), operators=(team,))
    assert reader["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": [audit]}
    assert operator["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": [team]}


@pytest.mark.parametrize(
    ("roles", "trusting"), [(("operator", "viewer"), "DashboardOperatorRole"), (("viewer",), "DashboardRole")]
)
def test_tasks_get_the_least_role_that_their_groups_need(roles: tuple[str, ...], trusting: str) -> None:
    web = hosted()
    web["sign_in"]["groups"] = [{"name": f"g{place}", "role": one} for place, one in enumerate(roles)]
    found = rendered(variant(web=web))
    for title in ("DashboardRole", "DashboardOperatorRole"):
        document = json.dumps(found["hub"]["Resources"][title]["Properties"]["AssumeRolePolicyDocument"])
        assert ("ecs-tasks.amazonaws.com" in document) is (title == trusting)
    name = "muster-dashboard-operator" if trusting == "DashboardOperatorRole" else "muster-dashboard"
    task = found["dashboard"]["Resources"]["Task"]["Properties"]
    assert task["TaskRoleArn"]["Fn::Sub"].endswith(f":role/{name}-${{AWS::Region}}")


# The stack


def test_without_the_table_nothing_is_hosted() -> None:
    found = templates(sample(), blank_artefacts())
    assert "dashboard" not in found
    assert "ecs-tasks" not in found["hub"]


def test_only_cloudfront_reaches_the_load_balancer_and_only_that_the_tasks() -> None:
    found = resources("dashboard")
    (inward,) = found["BalancerGroup"]["Properties"]["SecurityGroupIngress"]
    assert (inward["SourcePrefixListId"], inward["FromPort"]) == ("pl-0123456789abcdef0", 443)
    (onward,) = found["TasksGroup"]["Properties"]["SecurityGroupIngress"]
    assert onward["SourceSecurityGroupId"] == {"Fn::GetAtt": ["BalancerGroup", "GroupId"]}
    assert onward["FromPort"] == onward["ToPort"] == PORT
    assert found["Balancer"]["Properties"]["Scheme"] == "internal"
    service = found["Service"]["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert service["AssignPublicIp"] == "DISABLED"


def test_everything_on_the_way_is_encrypted_and_ends_at_the_vpc_origin() -> None:
    found = resources("dashboard")
    assert found["Https"]["Properties"]["Protocol"] == "HTTPS"
    endpoint = found["Origin"]["Properties"]["VpcOriginEndpointConfig"]
    assert endpoint["OriginProtocolPolicy"] == "https-only"
    web = rendered(variant(web=hosted()))["web"]
    (origin,) = web["Resources"]["Distribution"]["Properties"]["DistributionConfig"]["Origins"]
    assert origin["VpcOriginConfig"]["VpcOriginId"] == {"Ref": "VpcOriginId"}
    assert origin["DomainName"] == {"Ref": "LoadBalancerDomain"}
    assert set(web["Parameters"]) == {"VpcOriginId", "LoadBalancerDomain"}
    assert "Parameters" not in rendered(variant(web={"cdn": {**hosted()["cdn"], "origin": "d.example.com"}}))["web"]


def test_the_container_is_nobody_writes_nowhere_but_tmp_and_is_looked_after() -> None:
    found = resources("dashboard")
    (container,) = found["Task"]["Properties"]["ContainerDefinitions"]
    assert container["User"] == "10001:10001"
    assert container["ReadonlyRootFilesystem"] is True
    assert container["LinuxParameters"]["Capabilities"]["Drop"] == ["ALL"]
    assert [one["ContainerPath"] for one in container["MountPoints"]] == ["/tmp"]
    assert "/_stcore/health" in container["HealthCheck"]["Command"][-1]
    assert found["Targets"]["Properties"]["HealthCheckPath"] == "/_stcore/health"
    assert container["LogConfiguration"]["Options"]["awslogs-group"] == {"Ref": "Logs"}
    assert found["Down"]["Properties"]["AlarmActions"] == ["arn:aws:sns:eu-central-1:111122223333:muster-alerts"]


def test_the_container_asks_for_a_sign_in_and_its_secret_stands_in_no_template() -> None:
    found = resources("dashboard")
    (container,) = found["Task"]["Properties"]["ContainerDefinitions"]
    environment = {one["Name"]: one["Value"] for one in container["Environment"]}
    sign_in = configured(environment)
    assert sign_in
    assert sign_in.address == "https://muster.example.com"
    assert [msgspec.to_builtins(one)["role"] for one in sign_in.groups] == ["operator", "viewer"]
    (secret,) = container["Secrets"]
    assert secret["Name"] == "SIGN_IN_CLIENT_SECRET"
    assert ":secretsmanager:" in secret["ValueFrom"]


def test_what_starts_it_pulls_one_image_and_reads_one_secret() -> None:
    (policy,) = resources("dashboard")["StartRole"]["Properties"]["Policies"]
    held = {action: one["Resource"] for one in policy["PolicyDocument"]["Statement"] for action in one["Action"]}
    repository = "arn:${AWS::Partition}:ecr:eu-central-1:111122223333:repository/muster-dashboard"
    assert held["ecr:BatchGetImage"] == [{"Fn::Sub": repository}]
    assert len(held["secretsmanager:GetSecretValue"]) == 1
    public = resources("dashboard", image="ghcr.io/example/muster-dashboard:0.1.0")
    assert "ecr:" not in json.dumps(public["StartRole"])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"cdn": None}, "CloudFront is the only way to it"),
        ({"sign_in": None}, "whoever opens it must sign in"),
        ({"secret": ""}, "name the secret"),
        ({"secret": "eu-west-1"}, "it is in eu-west-1 of 111122223333"),
        ({"hosting": {"image": "muster-dashboard:latest"}}, "latest is another image every day"),
        ({"hosting": {"image": "muster-dashboard"}}, "an image with its tag or digest"),
        ({"hosting": {"subnets": ["subnet-0123456789abcdef0"]}}, "web.hosting.subnets"),
        ({"address": ""}, "web.sign_in.address: write it"),
        ({"address": "https://dashboard.example.com"}, "it leads past CloudFront"),
        ({"address": "http://muster.example.com"}, "anybody on the way reads the session"),
        ({"issuer": "http://login.example.com"}, "anybody on the way signs in as anybody"),
        ({"scopes": ["email"]}, "OpenID Connect needs openid"),
        ({"groups": []}, "web.sign_in.groups"),
        ({"role": "admin"}, "viewer or operator"),
    ],
    ids=str,
)
def test_what_would_let_nobody_or_everybody_in_is_refused(changed: dict[str, Any], said: str) -> None:
    web = hosted(**changed.get("hosting", {}))
    sign_in = web["sign_in"]
    sign_in |= {name: changed[name] for name in ("issuer", "address", "scopes", "groups") if name in changed}
    if "role" in changed:
        sign_in["groups"][0]["role"] = changed["role"]
    if "secret" in changed:
        given = sign_in["client_secret"]
        sign_in["client_secret"] = given.replace("eu-central-1", changed["secret"]) if changed["secret"] else ""
    web |= {name: changed[name] for name in ("cdn", "sign_in") if name in changed}
    with pytest.raises(ConfigError) as error:
        written(web)
    assert said in str(error.value)


def written(web: dict[str, Any]) -> Config:
    """Return the settings that a text with this `[web]` makes."""
    lines = ['[organization]\nid = "o-exampleorg1"\nroot = "r-exam"', '[aws]\nhub_account = "111122223333"']
    lines += ['home_region = "eu-central-1"', "[web]"]
    for table in ("cdn", "hosting", "sign_in"):
        if found := web[table]:
            groups = found.pop("groups", None)
            lines += [f"[web.{table}]", *_lines(found)]
            lines += ["groups = []"] if groups == [] else []
            for group in groups or ():
                lines += ["[[web.sign_in.groups]]", *_lines(group)]
    return parsed("\n".join(lines), Path("muster.toml"))


def _lines(values: dict[str, Any]) -> list[str]:
    return [f"{name} = {json.dumps(value)}" for name, value in values.items()]


# The rollout


class Session:
    """A hub account whose CloudFormation has the stack, or has it not; `given` is what stacks were made of."""

    def __init__(self, status: str = "CREATE_COMPLETE") -> None:
        self.status = status
        self.given: list[dict[str, Any]] = []
        self.deleted: list[str] = []

    def client(self, _service: str) -> Any:
        return self

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        values = {"VpcOriginId": "vo_abc", "LoadBalancerDomain": "internal-muster.eu-central-1.elb.amazonaws.com"}
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in values.items()]
        return {"Stacks": [{"StackStatus": self.status, "Outputs": outputs}]}

    def create_change_set(self, **given: Any) -> None:
        self.given.append(given)

    def execute_change_set(self, **_: Any) -> None:
        """It does so at once."""

    def delete_stack(self, StackName: str) -> None:  # noqa: N803 - AWS's name
        self.deleted.append(StackName)

    def get_waiter(self, _name: str) -> Any:
        return self

    def wait(self, **_: Any) -> None:
        """It is there, or gone, at once."""


def test_cloudfronts_stack_is_told_where_the_hosted_dashboard_is() -> None:
    session: Any = Session()
    config = variant(web=hosted())
    (step,) = deploy_hosting(config, {"TemplateBody": "{}"}, session)
    assert (step.what, step.state) == ("stack muster-dashboard", "updated")
    assert origin_parameters(config, session)["Parameters"] == [
        {"ParameterKey": "VpcOriginId", "ParameterValue": "vo_abc"},
        {"ParameterKey": "LoadBalancerDomain", "ParameterValue": "internal-muster.eu-central-1.elb.amazonaws.com"},
    ]
    assert origin_parameters(variant(), session) == {}


def test_a_dashboard_that_is_hosted_no_more_is_removed() -> None:
    session: Any = Session()
    assert has_hosting(variant(), session)
    assert [one.state for one in remove_hosting(variant(), session)] == ["removed"]
    assert session.deleted == ["muster-dashboard"]


# The image


def test_the_image_is_of_a_named_version_and_runs_as_the_user_of_the_template() -> None:
    lines = (ROOT / "dashboard" / "Containerfile").read_text(encoding="utf-8").splitlines()
    bases = [line for line in lines if line.startswith("FROM ")]
    assert all(":" in one and ":latest" not in one for one in bases)
    assert "USER 10001:10001" in lines
    assert 'ENTRYPOINT ["python", "-m", "dashboard"]' in lines
    # Streamlit refuses to be told its port where the folder that it lies in is not called so.
    assert "COPY --from=built /muster/site-packages site-packages" in lines


@pytest.mark.parametrize("module", ["dashboard.app", "dashboard.__main__"])
def test_the_image_carries_every_module_that_the_dashboard_imports(module: str) -> None:
    text = (ROOT / "dashboard" / "Containerfile").read_text(encoding="utf-8")
    copied = tuple(line.split()[1] for line in text.splitlines() if re.match(r"COPY [a-z]", line))
    assert [file for file in closure(ROOT, module).files if not file.startswith(copied)] == []
