"""A Lambda function with what belongs to it: role, log group, environment."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from troposphere import AWSHelperFn, AWSObject, GetAtt, Ref, Sub
from troposphere.awslambda import Code, Environment, LoggingConfig, TracingConfig
from troposphere.awslambda import Function as LambdaFunction
from troposphere.iam import Policy, Role
from troposphere.logs import LogGroup

from contract.settings import Settings, variable_names
from generator import iam
from generator.config import Config
from generator.functions import Function
from generator.parts.placing import interfaces, place
from generator.problems import BadInputError

# Quota "Environment variables": 4 KB in all; references grow when they are resolved.
_ENVIRONMENT_LIMIT = 3_072

Values = Mapping[str, Any]


class Site(msgspec.Struct, frozen=True):
    """What a stack's functions share: settings, S3 keys of their code by name, values of their settings by field."""

    config: Config
    artefacts: Mapping[str, str]
    values: Values


class TemplateError(BadInputError):
    """A template that cannot be rendered; the text says what is missing or too much."""


def function(what: Function, site: Site, statements: Sequence[iam.Statement], log_days: int) -> list[AWSObject]:
    """Return a function, its role (it holds just `statements` and its own log group) and its log group."""
    config = site.config
    name = what.full_name(config.names)
    logs = LogGroup(f"{what.title}Logs", LogGroupName=config.names.log_group(name), RetentionInDays=log_days)
    return [
        logs,
        _role(
            what,
            name,
            [iam.write_logs(GetAtt(logs, "Arn")), *_tracing(config), *interfaces(config, what), *statements],
        ),
        LambdaFunction(
            what.title,
            FunctionName=name,
            Runtime=config.spoke.runtime,
            Architectures=[config.spoke.architecture],
            Handler=what.handler,
            MemorySize=what.memory,
            Timeout=what.timeout,
            Role=GetAtt(f"{what.title}Role", "Arn"),
            Code=Code(S3Bucket=artefact_bucket(config), S3Key=site.artefacts[what.name]),
            Environment=Environment(Variables=environment(what.settings, site.values)),
            LoggingConfig=LoggingConfig(LogGroup=Ref(logs)),
            **place(config, what),
            **({"TracingConfig": TracingConfig(Mode="Active")} if config.spoke.tracing else {}),
        ),
    ]


def environment(model: type[Settings], values: Values) -> dict[str, Any]:
    """Return a settings model's variables, each from `values` by its field's name; `TemplateError` when one lacks."""
    variables = {name: values.get(name.lower()) for name in sorted(variable_names(model))}
    missing = [name for name, value in variables.items() if value is None]
    if missing:
        raise TemplateError(f"{model.__name__}: the stack has no value for {', '.join(missing)}")
    rendered = {name: _text(value) for name, value in variables.items()}
    if len(json.dumps(rendered, default=str)) > _ENVIRONMENT_LIMIT:
        raise TemplateError(f"{model.__name__}: the environment would exceed 4 KB")
    return rendered


def artefact_bucket(config: Config) -> Sub:
    """Return the bucket of zips: Lambda fetches code from its own Region only."""
    return Sub(config.names.artefact_bucket(config.aws.hub_account, "${AWS::Region}"))


def regional_name(name: str) -> Sub:
    """Return a role's name in this Region: IAM is global, stacks are not."""
    return Sub(f"{name}-${{AWS::Region}}")


def trusted(service: str) -> dict[str, Any]:
    """Return the trust policy of a role for an AWS service."""
    principal = {"Service": f"{service}.amazonaws.com"}
    return _document([{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}])


def policies(statements: Sequence[iam.Statement]) -> list[Policy]:
    """Return a role's one inline policy."""
    return [Policy(PolicyName="work", PolicyDocument=_document(statements))]


def _role(what: Function, name: str, statements: Sequence[iam.Statement]) -> Role:
    return Role(
        f"{what.title}Role",
        RoleName=regional_name(name),
        AssumeRolePolicyDocument=trusted("lambda"),
        Policies=policies(statements),
    )


def _document(statements: Sequence[iam.Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _tracing(config: Config) -> list[iam.Statement]:
    return [iam.write_traces()] if config.spoke.tracing else []


def _text(value: Any) -> Any:
    return value if isinstance(value, AWSHelperFn) else str(value)
