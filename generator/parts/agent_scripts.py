"""What instances need for the agent's scripts: documents, parameters, and the policy that lets them read."""

from collections.abc import Mapping

from troposphere import AWSObject, Sub
from troposphere.iam import ManagedPolicy
from troposphere.ssm import Document, Parameter

from contract.agents import SCRIPTS_FOLDER, Action
from generator import iam
from generator.agents.documents import document
from generator.agents.scripts import Scripts
from generator.config import Config
from generator.parts.trail import IN_GLOBAL_REGION
from spoke.agent_installer.parameters import BUCKET, EXCLUDED_TAGS, FOLDER, SCOPE, TAGS, digest_parameter
from spoke.agent_installer.scope import NONE


def agent_documents(config: Config) -> list[AWSObject]:
    """Return the documents for which there are scripts; new content is a new version."""
    made = {action: document(config, action) for action in (Action.INSTALL, Action.UNINSTALL)}
    return [
        Document(
            f"Agent{action.title()}Document",
            Name=config.names.agent_document(uninstalls=action is Action.UNINSTALL),
            DocumentType="Command",
            DocumentFormat="JSON",
            TargetType="/AWS::EC2::Instance",
            UpdateMethod="NewVersion",
            Content=content,
        )
        for action, content in made.items()
        if content
    ]


def agent_parameters(config: Config, scripts: Scripts) -> list[AWSObject]:
    """Return the settings that functions read when they run; Parameter Store takes no empty ones."""
    agent = config.agent
    values = {
        BUCKET: Sub(config.names.artefact_bucket(config.aws.hub_account, "${AWS::Region}")),
        TAGS: agent.tags,
        SCOPE: agent.scope.value,
        EXCLUDED_TAGS: agent.excluded_tags or NONE,
        **_digests(scripts),
    }
    return [
        Parameter(
            f"Agent{''.join(word.title() for word in name.split('-'))}Parameter",
            Name=config.names.parameter(f"{FOLDER}/{name}"),
            Type="String",
            Value=value,
        )
        for name, value in values.items()
    ]


def scripts_policy(config: Config) -> ManagedPolicy:
    """Return what instances' roles need, once in an account: whose instances get the agent attaches it to them.

    The Systems Manager agent lists a key before it fetches it.
    """
    bucket = f"arn:${{AWS::Partition}}:s3:::{config.names.artefact_bucket(config.aws.hub_account, '*')}"
    statements = [
        iam.read_objects([Sub(f"{bucket}/{SCRIPTS_FOLDER}*")]),
        iam.list_below(Sub(bucket), f"{SCRIPTS_FOLDER}*"),
    ]
    return ManagedPolicy(
        "AgentScriptsPolicy",
        ManagedPolicyName=config.names.agent_policy,
        Description="Lets an instance read the security agent's scripts of this organization",
        PolicyDocument={"Version": "2012-10-17", "Statement": statements},
        Condition=IN_GLOBAL_REGION,
    )


def _digests(scripts: Scripts) -> Mapping[str, str]:
    return {digest_parameter(one.action, one.platform): one.digest for one in scripts}
