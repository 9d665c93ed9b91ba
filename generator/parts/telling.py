"""What tells people: routes, a queue for each channel, the sender behind them, digests, and a look at the channels."""

from collections.abc import Callable, Sequence
from typing import Any

from troposphere import AWSObject, GetAtt, Join, Ref, Sub
from troposphere.awslambda import EventSourceMapping
from troposphere.events import Rule
from troposphere.sqs import Queue, RedrivePolicy

from contract.names import QUEUE_ATTEMPTS, RESOURCE_INDEX, SEVERITY_INDEX
from generator import iam
from generator.config import Config
from generator.functions import CHANNEL_CHECK, DIGEST, NOTIFIER, SENDER, Function
from generator.parts.acting import read_action_keys
from generator.parts.function import Site, function
from generator.parts.queues import FOURTEEN_DAYS, VISIBILITY_FACTOR, dead_letters, retried, work_queue
from generator.parts.sources import QueueScaling, from_queue, from_rule
from generator.parts.topics import ALERTS, CRITICAL_ALERTS
from generator.routing import TOPIC_CHANNELS, used_channels
from generator.settings.channels import Email, Eventbridge


def notifier(site: Site) -> list[AWSObject]:
    """Return what decides who hears of findings: it only writes into the outbox and wakes the channels' queues."""
    config = site.config
    statements = [
        iam.consume_queue(GetAtt("NotifierQueue", "Arn")),
        iam.use_items(GetAtt("StateTable", "Arn"), "GetItem", "PutItem", "Query"),
        iam.use_items(GetAtt("FindingsTable", "Arn"), "BatchGetItem"),
        iam.query_index("FindingsTable", RESOURCE_INDEX),
        iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb"),
        *_wake(site),
    ]
    return [
        *work_queue(NOTIFIER, config, {}),
        *function(NOTIFIER, site, statements, config.findings.log_retention_days),
        from_queue(NOTIFIER, concurrency=2),
    ]


def sender(site: Site) -> list[AWSObject]:
    """Return the sender and a queue for each channel, so that a broken one delays no other."""
    config = site.config
    used = used_channels(config)
    queues = [one for name in used for one in _channel_queue(site, name)]
    statements = [
        *_on_queues(iam.consume_queue, used, "Queue"),
        *_wake(site),
        *_on_queues(iam.send_messages, used, "DeadLetters"),
        iam.use_items(GetAtt("StateTable", "Arn"), "BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
        iam.use_items(GetAtt("FindingsTable", "Arn"), "BatchGetItem"),
        iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb"),
        *_rights(site, used),
        *(read_action_keys() if config.web.action_links else []),
    ]
    return [
        *queues,
        *function(SENDER, site, statements, config.findings.log_retention_days),
        *(_channel_source(name) for name in used),
    ]


def digest(site: Site) -> list[AWSObject]:
    """Return what makes the daily and weekly digests: every hour it looks which are due."""
    statements = [
        iam.use_items(GetAtt("StateTable", "Arn"), "GetItem", "PutItem", "Query"),
        iam.query_index("FindingsTable", SEVERITY_INDEX),
        iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb"),
        *_wake(site),
    ]
    return _scheduled(DIGEST, site, statements, "rate(1 hour)")


def channel_check(site: Site) -> list[AWSObject]:
    """Return what looks every hour whether the channels would work, and tells the dashboard."""
    statements = [
        iam.use_items(GetAtt("StateTable", "Arn"), "PutItem", "Query", "UpdateItem"),
        iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb"),
        iam.list_subscriptions([Ref(ALERTS), Ref(CRITICAL_ALERTS)]),
        *([iam.look_at_email()] if site.config.channels.senders else []),
        *([iam.look_at_phones()] if site.config.topics.has_phones else []),
        *_secrets(site),
    ]
    return _scheduled(CHANNEL_CHECK, site, statements, "rate(1 hour)")


def queue_addresses(config: Config) -> Join:
    """Return the addresses of the channels' queues, `<channel>=<address>`, commas between."""
    return Join(",", [Join("=", [name, Ref(f"{_title(name)}Queue")]) for name in used_channels(config)])


def _scheduled(what: Function, site: Site, statements: list[iam.Statement], schedule: str) -> list[AWSObject]:
    config = site.config
    rule = Rule(f"{what.title}Schedule", Name=what.full_name(config.names), ScheduleExpression=schedule)
    failures = f"{what.title}DeadLetters"
    return [
        *dead_letters(failures, config.names.dead_letter_queue(what.name), {"events": [GetAtt(rule, "Arn")]}),
        *function(
            what,
            site,
            [*statements, iam.send_messages(GetAtt(failures, "Arn"))],
            config.findings.log_retention_days,
        ),
        retried(what, failures),
        *from_rule(what, rule),
    ]


def _title(channel: str) -> str:
    """Return the beginning of a channel's logical ids; digits need no separator, for names begin with a letter."""
    return f"Channel{''.join(part.capitalize() for part in channel.split('-'))}"


def _channel_queue(site: Site, channel: str) -> list[AWSObject]:
    config, title = site.config, _title(channel)
    name = config.names.channel_queue(channel)
    failed = dead_letters(f"{title}DeadLetters", f"{name}-dlq", {})
    queue = Queue(
        f"{title}Queue",
        QueueName=name,
        MessageRetentionPeriod=FOURTEEN_DAYS,
        VisibilityTimeout=SENDER.timeout * VISIBILITY_FACTOR,
        SqsManagedSseEnabled=True,
        RedrivePolicy=RedrivePolicy(deadLetterTargetArn=GetAtt(failed[0], "Arn"), maxReceiveCount=QUEUE_ATTEMPTS),
    )
    return [*failed, queue]


def _channel_source(channel: str) -> EventSourceMapping:
    title = _title(channel)
    return EventSourceMapping(
        f"{title}Source",
        EventSourceArn=GetAtt(f"{title}Queue", "Arn"),
        FunctionName=Ref(SENDER.title),
        BatchSize=10,
        ScalingConfig=QueueScaling(MaximumConcurrency=2),
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DependsOn=[f"{SENDER.title}Role"],
    )


def _wake(site: Site) -> list[iam.Statement]:
    """Return the right to send to the channels' queues."""
    return _on_queues(iam.send_messages, used_channels(site.config), "Queue")


def _on_queues(right: Callable[..., iam.Statement], channels: Sequence[str], kind: str) -> list[iam.Statement]:
    """Return a right on the channels' queues; IAM takes no statement without resources."""
    return [right(*(GetAtt(f"{_title(name)}{kind}", "Arn") for name in channels))] if channels else []


def _rights(site: Site, used: list[str]) -> list[iam.Statement]:
    """Return what the channels that are used need, and nothing for the others."""
    config = site.config
    chosen = [one for name, one in config.channels.named.items() if name in used]
    # Both of them: `muster notify test` may try either.
    topics = [Ref(logical) for logical in TOPIC_CHANNELS]
    buses = [one.bus for one in chosen if isinstance(one, Eventbridge)]
    return [
        *(iam.send_email(one.sender, one.identity_arn) for one in chosen if isinstance(one, Email)),
        *(iam.publish(topics), iam.use_key(GetAtt("DataKey", "Arn"), "sns")),
        *(iam.put_events(bus if bus.startswith("arn:") else _bus(bus)) for bus in buses),
        *_secrets(site),
    ]


def _secrets(site: Site) -> list[iam.Statement]:
    names = {secret for one in site.config.channels.named.values() for secret in one.secrets}
    return [iam.read_secrets([_secret(one) for one in sorted(names)])] if names else []


def _secret(name: str) -> Any:
    """Return a secret's ARN: six characters of Secrets Manager's own follow its name."""
    place = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"
    return name if name.startswith("arn:") else Sub(f"{place}{name}-??????")


def _bus(name: str) -> Sub:
    return Sub(f"arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:event-bus/{name}")
