"""A spoke's sign of life, and its introduction to the hub when it is deployed."""

from typing import Any, ClassVar

from troposphere import AWSObject, GetAtt, Sub
from troposphere.cloudformation import CustomResource
from troposphere.events import Rule

from contract.account_settings import settings_key
from contract.names import VERSION
from generator import iam
from generator.config import Config
from generator.functions import HEARTBEAT
from generator.parts.agent_functions import machine_arns
from generator.parts.forwarding import hub_bus, own_rules
from generator.parts.function import Site, function
from generator.parts.queues import dead_letters, retried
from generator.parts.sources import from_rule

_ANSWER_SECONDS = 120


class MusterSpoke(CustomResource):  # type: ignore[misc] # Troposphere is untyped
    """The custom resource whose every creation and update sends a first heartbeat."""

    resource_type = "Custom::MusterSpoke"
    props: ClassVar = {
        **CustomResource.props,
        "Version": (str, True),
        "ConfigHash": (str, True),
        "Trail": (object, False),
    }


def heartbeat(site: Site) -> list[AWSObject]:
    """Return the heartbeat function and its hourly rule."""
    config = site.config
    name = HEARTBEAT.full_name(config.names)
    return [
        *dead_letters("HeartbeatDeadLetters", f"{name}-dlq", {"events": [own_rules(config)]}),
        *function(HEARTBEAT, site, _statements(config), config.spoke.log_retention_days),
        retried(HEARTBEAT, "HeartbeatDeadLetters"),
        *from_rule(HEARTBEAT, Rule("HeartbeatSchedule", Name=f"{name}-hourly", ScheduleExpression="rate(1 hour)")),
    ]


def introduction(config_hash: str, after: list[str], trail: Any = None) -> MusterSpoke:
    """Return the custom resource; it is made last and goes first, so that what answers for it outlives it.

    `trail` is a reference to the spoke's own trail: what exists under a condition cannot stand in `after`.
    """
    return MusterSpoke(
        "Introduction",
        ServiceToken=GetAtt(HEARTBEAT.title, "Arn"),
        ServiceTimeout=_ANSWER_SECONDS,
        Version=VERSION,
        ConfigHash=config_hash,
        DependsOn=sorted(after),
        **({"Trail": trail} if trail else {}),
    )


def _statements(config: Config) -> list[iam.Statement]:
    prefix = f"{config.aws.prefix}-spoke"
    here = "${AWS::Region}:${AWS::AccountId}"
    bucket = config.names.artefact_bucket(config.aws.hub_account, "${AWS::Region}")
    return [
        iam.put_events(hub_bus(config)),
        iam.look_after_rules(),
        iam.look_after_queues([Sub(f"arn:${{AWS::Partition}}:sqs:{here}:{prefix}-*")]),
        iam.look_after_roles([Sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{prefix}-*")]),
        iam.look_after_trails(),
        iam.read_objects([Sub(f"arn:${{AWS::Partition}}:s3:::{bucket}/{settings_key('${AWS::AccountId}')}")]),
        iam.send_messages(GetAtt("HeartbeatDeadLetters", "Arn")),
        *(iam.record_configuration() if config.enable.config else []),
        *([iam.start_executions(machine_arns(config)[0])] if config.agent.enabled else []),
    ]
