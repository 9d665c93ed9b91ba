"""`muster delegate` and the management stack, in an organization in which nothing is delegated yet."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.config import load
from generator.delegation.grants import CLOUDTRAIL, STACK_SETS
from generator.generate import minified
from generator.management_stack import management_stack
from generator.rollout.stacks import deploy_stack
from generator.rollout.step import RolloutError
from tests.bare import Bare, Ended, bare_organization

pytestmark = pytest.mark.slow

HUB, MEMBER = "111122223333", "444455556666"
TRAIL = [("[aws]", 'management_account = "999999999999"\n[aws]'), ("[web]", '[spoke]\ntrail = "organization"\n[web]')]
THEIRS = {
    "Sid": "Theirs",
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{MEMBER}:root"},
    "Action": "organizations:ListRoots",
    "Resource": "*",
}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    with bare_organization(tmp_path_factory.mktemp("bare")) as running:
        yield running


@pytest.fixture
def organizations(bare: Bare) -> Iterator[Any]:
    """Return the management account's client of Organizations, in which others have a policy; undelegate afterwards."""
    client = bare.management("organizations")
    client.put_resource_policy(Content=json.dumps({"Version": "2012-10-17", "Statement": [THEIRS]}))
    yield client
    assert bare.muster("delegate", "--undo", config=bare.settings("trail.toml", *TRAIL)).code in {0, 1}
    for one in client.list_aws_service_access_for_organization()["EnabledServicePrincipals"]:
        client.disable_aws_service_access(ServicePrincipal=one["ServicePrincipal"])


def administrators(organizations: Any, principal: str) -> list[str]:
    found = organizations.list_delegated_administrators(ServicePrincipal=principal)["DelegatedAdministrators"]
    return [one["Id"] for one in found]


def statements(organizations: Any) -> list[dict[str, Any]]:
    content = organizations.describe_resource_policy()["ResourcePolicy"]["Content"]
    return list(json.loads(content)["Statement"])


def states(ended: Ended) -> list[str]:
    assert ended.code == 0, ended.err
    return [json.loads(line)["state"] for line in ended.out.splitlines()]


def refusal(ended: Ended, code: int) -> str:
    """Return the one line with which a command ends."""
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    return ended.err


def test_delegate_gives_once_and_takes_back_what_is_ours(bare: Bare, organizations: Any) -> None:
    assert states(bare.muster("delegate", "--json")) == ["done"] * 3
    assert administrators(organizations, STACK_SETS) == [HUB]
    assert [one["Sid"] for one in statements(organizations)] == ["Theirs", "Muster"]
    assert bare.client("organizations", HUB).list_accounts()["Accounts"]
    assert states(bare.muster("delegate", "--json")) == ["already so"] * 3
    assert states(bare.muster("delegate", "--undo", "--json")) == ["taken back", "taken back", "left"]
    assert administrators(organizations, STACK_SETS) == []
    assert statements(organizations) == [THEIRS]
    assert states(bare.muster("delegate", "--undo", "--json")) == ["not given", "not given", "left"]


def test_a_trail_of_the_organization_is_delegated_too(bare: Bare, organizations: Any) -> None:
    settings = bare.settings("trail.toml", *TRAIL)
    assert states(bare.muster("delegate", "--json", config=settings)) == ["done"] * 5
    assert administrators(organizations, CLOUDTRAIL) == [HUB]
    made = bare.management("iam").list_roles(PathPrefix=f"/aws-service-role/{CLOUDTRAIL}/")["Roles"]
    assert len(made) == 1
    assert "taken back" in states(bare.muster("delegate", "--undo", "--json", config=settings))
    assert administrators(organizations, CLOUDTRAIL) == []


def test_a_person_reads_what_was_done(bare: Bare, organizations: Any) -> None:
    said = bare.muster("delegate").out
    assert "✓ 111122223333 as delegated administrator of StackSets: done\n" in said
    assert "trusted access of StackSets: left others may use it" in bare.muster("delegate", "--undo").out


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        (
            'management_profile = "management"',
            'management_profile = "hub"',
            1,
            "the management account is 999999999999",
        ),
        ('management_profile = "management"', 'management_profile = "none"', 1, "aws.management_profile"),
        ('id = "o-exampleorgid"', 'id = "o-anotherorgid"', 2, "organization.id of muster.toml is o-anotherorgid"),
        ('hub_account = "111122223333"', 'hub_account = "999999999999"', 2, "choose a member account"),
    ],
)
def test_who_cannot_delegate_is_told_so_in_a_line(bare: Bare, old: str, new: str, code: int, said: str) -> None:
    assert said in refusal(bare.muster("delegate", config=bare.settings("wrong.toml", (old, new))), code)


def test_a_step_that_aws_refuses_stops_no_other(bare: Bare, organizations: Any) -> None:
    settings = bare.settings("stranger.toml", ('hub_account = "111122223333"', 'hub_account = "888888888888"'))
    ended = bare.muster("delegate", "--json", config=settings)
    assert ended.code == 1
    assert [json.loads(line)["state"] for line in ended.out.splitlines()] == ["done", "failed", "done"]
    assert "AccountNotFoundException" in ended.out
    bare.muster("delegate", "--undo", config=settings)


def test_a_deploy_without_delegation_says_what_is_missing(bare: Bare, organizations: Any) -> None:
    for command in (("plan",), ("deploy", "--yes"), ("deploy",)):
        assert "run `muster delegate`" in refusal(bare.muster(*command), 1)
    organizations.enable_aws_service_access(ServicePrincipal=STACK_SETS)
    assert "run `muster delegate`" in refusal(bare.muster("plan"), 1)
    assert bare.client("cloudformation", HUB).describe_stacks()["Stacks"] == []


def test_the_management_stack_does_the_same(bare: Bare, organizations: Any) -> None:
    cloudformation = bare.management("cloudformation")
    config = load(bare.settings("trail.toml", *TRAIL))
    plain = config.model_copy(update={"spoke": config.spoke.model_copy(update={"trail": "none"})})
    names = config.names
    deploy_stack(cloudformation, names.management_stack, {"TemplateBody": minified(management_stack(plain))})
    assert states(bare.muster("delegate", "--json")) == ["already so"] * 3
    assert administrators(organizations, CLOUDTRAIL) == []
    deploy_stack(cloudformation, names.management_stack, {"TemplateBody": minified(management_stack(config))})
    assert administrators(organizations, CLOUDTRAIL) == [HUB]
    deploy_stack(cloudformation, names.management_stack, {"TemplateBody": minified(management_stack(plain))})
    assert (administrators(organizations, CLOUDTRAIL), administrators(organizations, STACK_SETS)) == ([], [HUB])
    _delete(cloudformation, names.management_stack)
    assert administrators(organizations, STACK_SETS) == []
    assert statements(organizations) == [THEIRS]
    groups = bare.management("logs").describe_log_groups(logGroupNamePrefix="/muster/")["logGroups"]
    assert groups == []


def test_the_stack_says_which_permission_is_missing(bare: Bare, organizations: Any) -> None:
    cloudformation, stack = bare.management("cloudformation"), "muster-management"
    template = json.loads(minified(management_stack(load(bare.organization.config))))
    for one in template["Resources"]["DelegateRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]:
        one["Action"] = [action for action in one["Action"] if action != "organizations:PutResourcePolicy"]
    with pytest.raises(RolloutError, match="PutResourcePolicy"):
        deploy_stack(cloudformation, stack, {"TemplateBody": json.dumps(template)})
    assert statements(organizations) == [THEIRS]
    _delete(cloudformation, stack)


def _delete(cloudformation: Any, stack: str) -> None:
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})


def test_no_member_may_delegate(bare: Bare) -> None:
    for account in (HUB, MEMBER):
        profile = "hub" if account == HUB else "shop-production"
        change = ('management_profile = "management"', f'management_profile = "{profile}"')
        said = refusal(bare.muster("delegate", "--undo", config=bare.settings("member.toml", change)), 1)
        assert f"the credentials are of account {account}" in said


def test_printing_needs_no_credentials(bare: Bare, tmp_path: Path) -> None:
    change = ('management_profile = "management"', 'management_profile = "none"')
    ended = bare.muster("delegate", "--print", "--json", config=bare.settings("print.toml", change))
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert [set(line) for line in lines] == [{"what", "command"}] * 3
