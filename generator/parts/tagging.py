"""A spoke's creator tagger: new resources learn who made them."""

from troposphere import AWSObject, GetAtt, Ref
from troposphere.awslambda import Permission
from troposphere.events import DeadLetterConfig, Rule, Target

from generator import iam
from generator.config import Config
from generator.functions import CREATOR_TAGGER
from generator.parts.forwarding import hub_bus, own_rules
from generator.parts.function import Site, function
from generator.parts.queues import dead_letters, retried
from spoke.creator_tagger.pattern import create_patterns
from spoke.creator_tagger.permissions import api_actions, narrowed_actions, tag_actions


def creator_tagger(site: Site) -> list[AWSObject]:
    """Return the tagger, the rules of create events that call it, and the queue of what stayed untagged.

    The calls are asynchronous: an idle queue mapping in every account and Region would cost more than all the rest.
    """
    config = site.config
    name = CREATOR_TAGGER.full_name(config.names)
    failed = dead_letters("CreatorTaggerDeadLetters", f"{name}-dlq", {"events": [own_rules(config)]})
    return [
        *failed,
        *function(CREATOR_TAGGER, site, _statements(config), config.spoke.log_retention_days),
        retried(CREATOR_TAGGER, "CreatorTaggerDeadLetters"),
        *_create_rules(config, name),
        _permission(config),
    ]


def _statements(config: Config) -> list[iam.Statement]:
    key = config.creator.created_by_key
    return [
        iam.call_tagging(api_actions()),
        iam.tag_created(tag_actions(), key),
        iam.tag_narrowly(narrowed_actions(), key),
        iam.put_events(hub_bus(config)),
        iam.send_messages(GetAtt("CreatorTaggerDeadLetters", "Arn")),
    ]


def _create_rules(config: Config, name: str) -> list[Rule]:
    """Return one rule for each pattern; failed deliveries go where failed taggings go."""
    target = Target(
        Id="Function",
        Arn=GetAtt(CREATOR_TAGGER.title, "Arn"),
        DeadLetterConfig=DeadLetterConfig(Arn=GetAtt("CreatorTaggerDeadLetters", "Arn")),
    )
    return [
        Rule(f"Created{number}Rule", Name=f"{name}-{number}", EventPattern=pattern, Targets=[target])
        for number, pattern in enumerate(create_patterns(config.aws.prefix), 1)
    ]


def _permission(config: Config) -> Permission:
    return Permission(
        "CreatorTaggerPermission",
        FunctionName=Ref(CREATOR_TAGGER.title),
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=own_rules(config),
    )
