"""The topics that people, phones and paging services subscribe to."""

import hashlib

from troposphere import AWSObject, GetAtt, Ref
from troposphere.sns import SubscriptionResource, Topic, TopicPolicy

from generator.config import Config

ALERTS = "Alerts"
CRITICAL_ALERTS = "CriticalAlerts"


def alert_topics(config: Config) -> list[AWSObject]:
    """Return the topics `alerts` and `critical-alerts`: this account's alarms publish, email recipients subscribe."""
    names = topic_names(config)
    topics = [Topic(title, TopicName=name, KmsMasterKeyId=GetAtt("DataKey", "Arn")) for title, name in names.items()]
    email = config.channels.email
    told = [_subscription(topic, address) for topic in topics for address in (email.recipients if email else ())]
    return [*topics, *(_policy(topic) for topic in topics), *told]


def topic_names(config: Config) -> dict[str, str]:
    """Return the topics' names by logical id."""
    return {ALERTS: f"{config.aws.prefix}-alerts", CRITICAL_ALERTS: f"{config.aws.prefix}-critical-alerts"}


def _subscription(topic: Topic, address: str) -> SubscriptionResource:
    """Each address confirms by a link that SNS sends; its logical id is its own, so that a removed one goes alone."""
    digest = hashlib.sha256(address.encode()).hexdigest()[:8].upper()
    return SubscriptionResource(f"{topic.title}To{digest}", TopicArn=Ref(topic), Protocol="email", Endpoint=address)


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
