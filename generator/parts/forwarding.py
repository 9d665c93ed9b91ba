"""A spoke's alert rules: what the detections want to see goes to the hub's bus."""

from collections.abc import Iterable
from typing import Any

from troposphere import AWSObject, GetAtt, Ref, Sub
from troposphere.events import DeadLetterConfig, Rule, Target
from troposphere.iam import Role

from generator import iam
from generator.config import Config
from generator.parts.function import policies, regional_name, trusted
from generator.parts.queues import dead_letters
from generator.pattern import Rule as AlertRule


def hub_bus(config: Config) -> Sub:
    """Return the ARN of the hub's bus, for templates that are not the hub's."""
    aws = config.aws
    return Sub(f"arn:${{AWS::Partition}}:events:{aws.home_region}:{aws.hub_account}:event-bus/{config.names.bus}")


def own_rules(config: Config) -> Sub:
    """Return the ARN pattern of the spoke's own rules on the default bus."""
    prefix = f"{config.aws.prefix}-spoke"
    return Sub(f"arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/{prefix}-*")


def alert_forwarding(config: Config, rules: Iterable[AlertRule]) -> list[AWSObject]:
    """Return the alert rules, the role under which they reach the hub's bus, and the queue of what did not reach it."""
    failed = dead_letters("AlertDeadLetters", _name(config, "alerts-dlq"), {"events": [own_rules(config)]})
    role = Role(
        "ForwarderRole",
        RoleName=regional_name(_name(config, "alerts")),
        AssumeRolePolicyDocument=_trusted_for_rules(config),
        Policies=policies([iam.put_events(hub_bus(config))]),
    )
    return [*failed, role, *(to_hub(config, rule) for rule in rules)]


def default_bus() -> Sub:
    """Return the ARN of the spoke's default bus."""
    return Sub("arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default")


def to_hub(config: Config, rule: AlertRule) -> Rule:
    """Return a rule that forwards to the hub's bus; what that refuses goes where undelivered alerts go."""
    target = Target(
        Id="Hub",
        Arn=hub_bus(config),
        RoleArn=GetAtt("ForwarderRole", "Arn"),
        DeadLetterConfig=DeadLetterConfig(Arn=GetAtt("AlertDeadLetters", "Arn")),
    )
    title = f"{rule.name.title().replace('-', '')}Rule"
    return Rule(title, Name=_name(config, rule.name), EventPattern=rule.pattern, State=rule.state, Targets=[target])


def _name(config: Config, last: str) -> str:
    return f"{config.aws.prefix}-spoke-{last}"


def _trusted_for_rules(config: Config) -> dict[str, Any]:
    document = trusted("events")
    document["Statement"][0]["Condition"] = {
        "StringEquals": {"aws:SourceAccount": Ref("AWS::AccountId")},
        "ArnLike": {"aws:SourceArn": own_rules(config)},
    }
    return document
