"""The template of a Region's artefact bucket in the hub account."""

from typing import Any

from troposphere import Output, Ref, Sub, Template
from troposphere.s3 import LifecycleRule, NoncurrentVersionExpiration

from contract.account_settings import settings_key
from contract.agents import SCRIPTS_FOLDER
from generator.config import Config
from generator.parts.bucket import bucket_policy, private_bucket

_OLD_VERSIONS_DAYS = 90


def artefacts_stack(config: Config) -> Template:
    """Return the template of the bucket that holds templates and packages, readable by the organization."""
    template = Template(Description="Muster's templates and function packages in this Region")
    name = Sub(config.names.artefact_bucket("${AWS::AccountId}", "${AWS::Region}"))
    # Nothing in it is data, and S3 refuses to delete a bucket that is not empty.
    bucket = template.add_resource(
        private_bucket("Artefacts", _old_versions(), BucketName=name, DeletionPolicy="Delete")
    )
    agent = _instances_read_scripts(config) if config.agent.enabled else []
    reading = [_organization_reads(config), _accounts_read_their_settings(config), *agent]
    template.add_resource(bucket_policy(bucket, reading))
    template.add_output(Output("BucketName", Value=Ref(bucket)))
    return template


def _old_versions() -> LifecycleRule:
    expired = NoncurrentVersionExpiration(NoncurrentDays=_OLD_VERSIONS_DAYS)
    return LifecycleRule(Id="old-versions", Status="Enabled", NoncurrentVersionExpiration=expired)


def _organization_reads(config: Config) -> dict[str, Any]:
    return {
        "Sid": "Organization",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": [Sub("${Artefacts.Arn}/functions/*"), Sub("${Artefacts.Arn}/templates/*")],
        "Condition": _of_the_organization(config),
    }


def _accounts_read_their_settings(config: Config) -> dict[str, Any]:
    """Return who may read settings: each account its own, by the policy variable that IAM fills in."""
    return {
        "Sid": "OwnSettings",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": Sub("${Artefacts.Arn}/" + settings_key("${!aws:PrincipalAccount}")),
        "Condition": _of_the_organization(config),
    }


def _instances_read_scripts(config: Config) -> list[dict[str, Any]]:
    """Return who may read the agent's scripts: the organization; the Systems Manager agent lists before it reads."""
    ours = _of_the_organization(config)
    below = {"StringLike": {"s3:prefix": f"{SCRIPTS_FOLDER}*"}}
    anybody = {"Effect": "Allow", "Principal": "*"}
    scripts = Sub(f"${{Artefacts.Arn}}/{SCRIPTS_FOLDER}*")
    return [
        {"Sid": "AgentScripts", **anybody, "Action": "s3:GetObject", "Resource": scripts, "Condition": ours},
        {
            "Sid": "AgentFolder",
            **anybody,
            "Action": "s3:ListBucket",
            "Resource": Sub("${Artefacts.Arn}"),
            "Condition": {**ours, **below},
        },
    ]


def _of_the_organization(config: Config) -> dict[str, Any]:
    return {"StringEquals": {"aws:PrincipalOrgID": config.organization.id}}
