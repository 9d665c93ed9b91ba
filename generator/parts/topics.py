"""The topics that people, phones and paging services subscribe to."""

from troposphere import AWSObject, GetAtt, Ref
from troposphere.sns import Topic, TopicPolicy

from generator.config import Config


def alert_topics(config: Config) -> list[AWSObject]:
    """Return the topics `alerts` and `critical-alerts` with the right of this account's alarms to publish on them."""
    named = {"Alerts": f"{config.aws.prefix}-alerts", "CriticalAlerts": f"{config.aws.prefix}-critical-alerts"}
    topics = [Topic(title, TopicName=name, KmsMasterKeyId=GetAtt("DataKey", "Arn")) for title, name in named.items()]
    return [*topics, *(_policy(topic) for topic in topics)]


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
