"""The demo's instances: of each kind that the agent installer meets, in the first member accounts."""

import json
from typing import Any

import boto3
import msgspec

from contract.names import USUAL_NAMES, partition_of
from generator.local.organization import LocalOrganization

_ROLE = "demo-instance"
_IMAGE = "ami-0abcdef1234567890"


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """An instance's name, its tags, whether it has a profile, and how it answers to Systems Manager."""

    name: str
    tags: dict[str, str] = {}
    has_profile: bool = True
    node: dict[str, Any] = {}


# Nobody's call makes them, of which the creator tagger could learn who did.
_MADE = {"CreatedBy": "platform-team"}
_NODE = {"eks:cluster-name": "shop", "kubernetes.io/cluster/shop": "owned"}
# Windows does not run here: this is what the first look and the script would print, and every later look.
_WINDOWS = [
    {"exit": 0, "output": ""},
    {"exit": 0, "output": "muster: installed 4.2.0"},
    {"exit": 168, "output": "muster: already_running 4.2.0"},
]
_RUNNING = {"example-agent.running": "4.1.0\n"}
FLEET = (
    Kind(name="shop-node-1", tags=_NODE),
    Kind(name="shop-node-2", tags=_NODE),
    Kind(name="batch-worker", tags={"AmazonECSManaged": "true"}),
    Kind(name="reporting", tags=_NODE, node={"platform": "Windows", "outputs": _WINDOWS}),
    Kind(name="ledger", tags=_NODE, node={"files": _RUNNING}),
    Kind(name="legacy-import", tags=_NODE, node={"files": {"broken-packages": ""}}),
    Kind(name="ci-runner", tags={**_NODE, "Agent": "no"}),
    Kind(name="jump-host"),
    Kind(name="appliance", tags=_NODE, has_profile=False),
    Kind(name="build-cache", tags=_NODE, node={"registers_after": None}),
)


def start_fleet(organization: LocalOrganization, sessions: list[tuple[str, boto3.Session]]) -> int:
    """Start the instances, dealt out over the accounts (id and session of each); return how many run."""
    for account, session in sessions:
        partition = partition_of(session.region_name)
        _make_profile(session, f"arn:{partition}:iam::{account}:policy/{USUAL_NAMES.agent_policy}")
    for place, kind in enumerate(FLEET):
        account, session = sessions[place % len(sessions)]
        instance = _started(session, kind)
        region = session.region_name
        organization.post("/_localorg/nodes", {"account": account, "region": region, "instance": instance, **kind.node})
    return len(FLEET)


def _started(session: boto3.Session, kind: Kind) -> str:
    tags = [{"Key": key, "Value": value} for key, value in {"Name": kind.name, **_MADE, **kind.tags}.items()]
    profile: dict[str, Any] = {"IamInstanceProfile": {"Name": _ROLE}} if kind.has_profile else {}
    ec2: Any = session.client("ec2")
    answer = ec2.run_instances(
        ImageId=_IMAGE,
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        **profile,
    )
    return str(answer["Instances"][0]["InstanceId"])


def _make_profile(session: boto3.Session, policy: str) -> None:
    """Make the role that the account's instances have, with the policy by which they may read the agent's scripts."""
    iam = session.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(
        RoleName=_ROLE, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    iam.attach_role_policy(RoleName=_ROLE, PolicyArn=policy)
    iam.create_instance_profile(InstanceProfileName=_ROLE)
    iam.add_role_to_instance_profile(InstanceProfileName=_ROLE, RoleName=_ROLE)
