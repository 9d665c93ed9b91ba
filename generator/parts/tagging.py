"""A spoke's creator tagger: new resources learn who made them."""

from typing import Any

from troposphere import AWSObject, GetAtt, Ref, Sub
from troposphere.awslambda import Permission
from troposphere.events import DeadLetterConfig, Target
from troposphere.events import Rule as EventsRule

from contract.names import LAMBDA_RESULT, LAMBDA_SOURCE
from generator import iam
from generator.config import Config
from generator.functions import CREATOR_TAGGER
from generator.parts.forwarding import default_bus, hub_bus, own_rules, to_hub
from generator.parts.function import Site, function
from generator.parts.queues import dead_letters, retried
from generator.pattern import Rule
from spoke.creator_tagger.pattern import create_patterns, later_pattern
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
        # Lambda reports what came of it: the function itself makes one call for a creation (docs/adr/0046).
        retried(CREATOR_TAGGER, "CreatorTaggerDeadLetters", default_bus()),
        to_hub(config, Rule(name="tagged", pattern=_results())),
        *_create_rules(config, name),
        _permission(config),
    ]


def _statements(config: Config) -> list[iam.Statement]:
    keys = config.creator.tag_keys()
    return [
        iam.call_tagging(api_actions()),
        iam.tag_created(tag_actions(), keys),
        iam.tag_narrowly(narrowed_actions(), keys),
        *(iam.keep_tag(key) for key in keys[1:]),
        *iam.read_parents(),
        iam.put_events(hub_bus(config)),
        iam.put_events(default_bus()),
        iam.send_messages(GetAtt("CreatorTaggerDeadLetters", "Arn")),
    ]


def _create_rules(config: Config, name: str) -> list[EventsRule]:
    """Return one rule for each pattern; failed deliveries go where failed taggings go."""
    target = Target(
        Id="Function",
        Arn=GetAtt(CREATOR_TAGGER.title, "Arn"),
        DeadLetterConfig=DeadLetterConfig(Arn=GetAtt("CreatorTaggerDeadLetters", "Arn")),
    )
    patterns = {str(number): one for number, one in enumerate(create_patterns(config.aws.prefix), 1)}
    return [
        EventsRule(f"Created{title.title()}Rule", Name=f"{name}-{title}", EventPattern=pattern, Targets=[target])
        for title, pattern in {**patterns, "later": later_pattern()}.items()
    ]


def _results() -> dict[str, Any]:
    """Return the pattern of what the tagger returned; it returns nothing where there was nothing to tag."""
    function = Sub(f"${{{CREATOR_TAGGER.title}.Arn}}")
    return {
        "source": [LAMBDA_SOURCE],
        "detail-type": [LAMBDA_RESULT],
        "detail": {
            "requestContext": {"functionArn": [{"prefix": function}]},
            "responsePayload": {"event_id": [{"exists": True}]},
        },
    }


def _permission(config: Config) -> Permission:
    return Permission(
        "CreatorTaggerPermission",
        FunctionName=Ref(CREATOR_TAGGER.title),
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=own_rules(config),
    )
