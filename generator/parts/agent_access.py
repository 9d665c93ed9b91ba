"""The agent: its parameters and documents, who may read its scripts, and who may ask for it."""

from typing import Any

from troposphere import AWSObject, GetAtt, Sub
from troposphere.iam import ManagedPolicy, Role
from troposphere.ssm import Document, Parameter

from contract.agents import SCRIPTS_FOLDER, Action
from generator import iam
from generator.agents.documents import install_document, uninstall_document
from generator.agents.scripts import Scripts
from generator.config import Config
from generator.parts.function import artefact_bucket, policies, regional_name
from generator.parts.trail import IN_GLOBAL_REGION
from spoke.agent_installer.parameters import EXCLUDED, NO_SCRIPT, SCOPE, TAGS, digest_name
from spoke.agent_installer.scope import NONE


def agent_parameters(config: Config, scripts: Scripts) -> list[AWSObject]:
    """Return seed 000's parameters: which instances, the bucket of the scripts, and their digests. None is a secret."""
    agent = config.agent
    digests = {digest_name(action, platform): NO_SCRIPT for action in _KINDS for platform in ("linux", "windows")}
    digests |= {digest_name(one.action, one.platform): one.digest for one in scripts}
    values = {
        "bucket": artefact_bucket(config),
        TAGS: agent.tags,
        EXCLUDED: agent.excluded_tags or NONE,
        SCOPE: agent.scope.value,
        **digests,
    }
    return [
        Parameter(f"Agent{_title(name)}Parameter", Name=config.names.agent_parameter(name), Type="String", Value=value)
        for name, value in values.items()
    ]


_KINDS = (Action.INSTALL, Action.UNINSTALL)


def agent_documents(config: Config) -> list[AWSObject]:
    """Return the two documents; a change is a new version, which later commands take."""
    contents = {"install": install_document(config), "uninstall": uninstall_document(config)}
    return [
        Document(
            f"Agent{_title(what)}Document",
            Name=config.names.agent_document(what),
            DocumentType="Command",
            DocumentFormat="JSON",
            Content=_filled(content),
            UpdateMethod="NewVersion",
        )
        for what, content in contents.items()
    ]


def _filled(content: dict[str, Any]) -> Any:
    """Return a document in which only the address of its script is CloudFormation's to fill in.

    What else looks like a reference is the shell's.
    """
    (download, *runs) = content["mainSteps"]
    address = {**download, "inputs": {**download["inputs"], "sourceInfo": Sub(download["inputs"]["sourceInfo"])}}
    return {**content, "mainSteps": [address, *runs]}


def instances_policy(config: Config) -> ManagedPolicy:
    """Return the policy that lets instances read the scripts, for their roles to have; once in an account."""
    bucket = config.names.artefact_bucket(config.aws.hub_account, "*")
    return ManagedPolicy(
        "AgentScripts",
        ManagedPolicyName=config.names.agent_scripts_policy,
        Description="Lets instances read the scripts of the security agent, for their roles to have",
        PolicyDocument={"Version": "2012-10-17", "Statement": iam.read_scripts(bucket, SCRIPTS_FOLDER)},
        Condition=IN_GLOBAL_REGION,
    )


def askers_role(config: Config) -> Role:
    """Return the role under which `muster agents` asks for installations: it may start the two machines, no more."""
    return Role(
        "AgentAskersRole",
        RoleName=regional_name(config.names.agent_askers),
        AssumeRolePolicyDocument={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": Sub(f"arn:${{AWS::Partition}}:iam::{config.aws.hub_account}:root")},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:PrincipalOrgID": config.organization.id}},
                }
            ],
        },
        Policies=policies(
            [iam.start_executions(GetAtt("AgentScanMachine", "Arn"), GetAtt("AgentStartMachine", "Arn"))]
        ),
    )


def _title(name: str) -> str:
    return name.title().replace("-", "")
