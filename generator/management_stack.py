"""The management account's template: everything that the hub needs there, given by one small function."""

from pathlib import Path
from typing import ClassVar

from troposphere import AWSObject, GetAtt, Ref, Sub, Template
from troposphere.awslambda import Code, Function, LoggingConfig
from troposphere.cloudformation import CustomResource
from troposphere.iam import Role
from troposphere.logs import LogGroup

from generator import iam
from generator.config import Config, Trail
from generator.delegation import grants
from generator.delegation.statement import hub_root, reading_statement
from generator.parts.function import policies, regional_name, trusted

_NAME = "delegation"
_TIMEOUT_SECONDS = 120
# Each has service-linked roles of its own (CloudFormation user guide, "Activate trusted access for StackSets";
# CloudTrail user guide, "Required permissions to assign a delegated administrator").
_STACK_SET_SERVICES = ("stacksets.cloudformation.amazonaws.com", grants.STACK_SETS)
_TRAIL_SERVICES = (grants.CLOUDTRAIL, f"context.{grants.CLOUDTRAIL}")


class MusterDelegation(CustomResource):  # type: ignore[misc] # Troposphere is untyped
    """The custom resource that gives at creation and takes back at deletion."""

    resource_type = "Custom::MusterDelegation"
    props: ClassVar = {
        **CustomResource.props,
        "Hub": (str, True),
        "Statement": (dict, True),
        "Trail": (bool, True),
        "Services": ([str], False),
        "Regions": ([str], False),
    }


def management_stack(config: Config) -> Template:
    """Return the template of the delegation: the same calls as `muster delegate`, for people who prefer a stack.

    It goes to the management account by hand, in the home Region: `muster deploy` has no rights there.
    """
    template = Template(Description="Muster's delegation: what the management account gives to the hub account")
    template.add_resource([*_function(config), _delegation(config)])
    return template


def _delegation(config: Config) -> MusterDelegation:
    return MusterDelegation(
        "Delegation",
        ServiceToken=GetAtt("Delegate", "Arn"),
        ServiceTimeout=_TIMEOUT_SECONDS + 30,
        Hub=config.aws.hub_account,
        Statement=reading_statement(Sub(hub_root(config, "${AWS::Partition}"))),
        Trail=_has_trail(config),
        **_enabled(config),
    )


def _enabled(config: Config) -> dict[str, list[str]]:
    services = config.enable.services
    return {"Services": list(services), "Regions": list(config.regions)} if services else {}


def _function(config: Config) -> list[AWSObject]:
    """Return the function, its role and its log group; its code is small enough to stand in the template."""
    name = config.names.function(_NAME)
    logs = LogGroup(
        "DelegateLogs", LogGroupName=config.names.log_group(name), RetentionInDays=config.findings.log_retention_days
    )
    role = Role(
        "DelegateRole",
        RoleName=regional_name(name),
        AssumeRolePolicyDocument=trusted("lambda"),
        Policies=policies([iam.write_logs(GetAtt(logs, "Arn")), *_statements(config)]),
    )
    function = Function(
        "Delegate",
        FunctionName=name,
        Runtime=config.spoke.runtime,
        Architectures=[config.spoke.architecture],
        Handler="index.answer_handler",
        MemorySize=256,
        Timeout=_TIMEOUT_SECONDS,
        Role=GetAtt(role, "Arn"),
        Code=Code(ZipFile=Path(grants.__file__).read_text(encoding="utf-8")),
        LoggingConfig=LoggingConfig(LogGroup=Ref(logs)),
    )
    return [logs, role, function]


def _statements(config: Config) -> list[iam.Statement]:
    """Return what the function may do: give what the settings ask for, take back whatever they asked for before."""
    accounts = f"arn:${{AWS::Partition}}:organizations::${{AWS::AccountId}}:account/{config.organization.id}"
    services = _services(config)
    trail = [iam.delegate_trails(), iam.see_linked_roles(_TRAIL_SERVICES)] if _has_trail(config) else []
    return [
        iam.see_administrators(),
        iam.trust_stack_sets(),
        iam.trust_services(services),
        iam.make_linked_roles(services),
        iam.name_administrator(Sub(f"{accounts}/{config.aws.hub_account}"), services),
        iam.dismiss_administrators(Sub(f"{accounts}/*"), (*_STACK_SET_SERVICES, *_TRAIL_SERVICES)),
        iam.write_resource_policy(),
        iam.take_back_trails(),
        *trail,
        *(iam.name_security_administrator(one) for one in config.enable.services),
    ]


def _services(config: Config) -> tuple[str, ...]:
    enabled = (grants.PRINCIPALS[one][0] for one in config.enable.services)
    return (*_STACK_SET_SERVICES, *(_TRAIL_SERVICES if _has_trail(config) else ()), *enabled)


def _has_trail(config: Config) -> bool:
    return config.spoke.trail is Trail.ORGANIZATION
