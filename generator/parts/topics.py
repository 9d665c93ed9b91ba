"""The topics that people, phones and paging services subscribe to."""

import hashlib
from collections.abc import Iterator
from typing import Any

from troposphere import AWSObject, GetAtt, Ref
from troposphere.sns import SubscriptionResource, Topic, TopicPolicy

from generator.config import Config
from generator.settings.topics import Subscribers

ALERTS = "Alerts"
CRITICAL_ALERTS = "CriticalAlerts"
# Of those who get findings by email, so many hear of alarms without being named: a stack has room for so many.
_ALARMED = 10
# Findings carry it, CloudWatch's alarms do not.
KIND_ATTRIBUTE = "muster_kind"


def alert_topics(config: Config) -> list[AWSObject]:
    """Return the topics `alerts` and `critical-alerts`: this account's alarms and routes publish, people subscribe."""
    names = topic_names(config)
    topics = [Topic(title, TopicName=name, KmsMasterKeyId=GetAtt("DataKey", "Arn")) for title, name in names.items()]
    told = [one for topic in topics for one in _subscriptions(topic, config)]
    return [*topics, *(_policy(topic) for topic in topics), *told]


def topic_names(config: Config) -> dict[str, str]:
    """Return the topics' names by logical id."""
    return {ALERTS: f"{config.aws.prefix}-alerts", CRITICAL_ALERTS: f"{config.aws.prefix}-critical-alerts"}


def topic_arn(config: Config, title: str) -> str:
    """Return the ARN of the topic with a logical id, for whoever cannot ask the stack."""
    return f"arn:{config.partition}:sns:{config.aws.home_region}:{config.aws.hub_account}:{topic_names(config)[title]}"


def subscribers(config: Config, title: str) -> Subscribers:
    """Return who subscribes to a topic by the settings."""
    found = {ALERTS: config.topics.alerts, CRITICAL_ALERTS: config.topics.critical_alerts}[title]
    return found or Subscribers()


def _subscriptions(topic: Topic, config: Config) -> Iterator[SubscriptionResource]:
    """Yield those of the settings; who gets findings by email gets alarms here, and what nobody acknowledged, once."""
    given = subscribers(config, topic.title)
    for protocol, endpoints in (("email", given.email), ("sms", given.sms), ("https", given.https)):
        yield from (_subscription(topic, protocol, endpoint) for endpoint in endpoints)
    mailed = dict.fromkeys(address for one in config.channels.senders for address in one.recipients)
    for address in list(mailed)[:_ALARMED]:
        if address not in given.email:
            yield _subscription(topic, "email", address, FilterPolicy={KIND_ATTRIBUTE: [{"exists": False}]})


def _subscription(topic: Topic, protocol: str, endpoint: str, **more: Any) -> SubscriptionResource:
    """Each confirms by itself; its logical id is its own, so that a removed one goes alone."""
    digest = hashlib.sha256(endpoint.encode()).hexdigest()[:8].upper()
    # CloudFormation reads the secret; neither template nor state of the stack shows it.
    is_secret = endpoint.startswith("arn:")
    address = f"{{{{resolve:secretsmanager:{endpoint}:SecretString}}}}" if is_secret else endpoint
    return SubscriptionResource(
        f"{topic.title}To{digest}", TopicArn=Ref(topic), Protocol=protocol, Endpoint=address, **more
    )


def _policy(topic: Topic) -> TopicPolicy:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": Ref(topic),
        "Condition": {"StringEquals": {"aws:SourceAccount": Ref("AWS::AccountId")}},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return TopicPolicy(f"{topic.title}Policy", Topics=[Ref(topic)], PolicyDocument=document)
