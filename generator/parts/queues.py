"""Queues, the queues of what failed, and who may send to them."""

from collections.abc import Mapping, Sequence
from typing import Any

from troposphere import AWSObject, GetAtt, Ref
from troposphere.awslambda import DestinationConfig, EventInvokeConfig, OnFailure, OnSuccess
from troposphere.sqs import Queue, QueuePolicy, RedrivePolicy

from contract.names import QUEUE_ATTEMPTS
from generator.config import Config
from generator.functions import Function

FOURTEEN_DAYS = 1_209_600
# Lambda guide, "Using Lambda with Amazon SQS": at least six times the function's time-out.
VISIBILITY_FACTOR = 6


def dead_letters(title: str, name: str, senders: Mapping[str, Sequence[Any]]) -> list[AWSObject]:
    """Return a queue of what failed; `senders` maps an AWS service to the ARNs on whose behalf it may send."""
    queue = Queue(title, QueueName=name, MessageRetentionPeriod=FOURTEEN_DAYS, SqsManagedSseEnabled=True)
    return [queue, *_policy(queue, senders)]


def work_queue(what: Function, config: Config, senders: Mapping[str, Sequence[Any]]) -> list[AWSObject]:
    """Return a consumer's queue and its dead-letter queue; a message is tried `QUEUE_ATTEMPTS` times.

    Both take what `senders` send: a delivery that the queue refuses goes straight to the dead letters.
    """
    failed = dead_letters(f"{what.title}DeadLetters", config.names.dead_letter_queue(what.name), senders)
    queue = Queue(
        f"{what.title}Queue",
        QueueName=config.names.queue(what.name),
        MessageRetentionPeriod=FOURTEEN_DAYS,
        VisibilityTimeout=what.timeout * VISIBILITY_FACTOR,
        SqsManagedSseEnabled=True,
        RedrivePolicy=RedrivePolicy(deadLetterTargetArn=GetAtt(failed[0], "Arn"), maxReceiveCount=QUEUE_ATTEMPTS),
    )
    return [*failed, queue, *_policy(queue, senders)]


def retried(what: Function, failures: str, results: Any = None) -> EventInvokeConfig:
    """Return a function's asynchronous retries: two, then the queue with the logical id `failures`.

    `results` is the ARN of where Lambda takes what the function returns.
    """
    succeeded = {"OnSuccess": OnSuccess(Destination=results)} if results else {}
    return EventInvokeConfig(
        f"{what.title}Retries",
        FunctionName=Ref(what.title),
        Qualifier="$LATEST",
        MaximumRetryAttempts=2,
        MaximumEventAgeInSeconds=21_600,
        DestinationConfig=DestinationConfig(OnFailure=OnFailure(Destination=GetAtt(failures, "Arn")), **succeeded),
    )


def _policy(queue: Queue, senders: Mapping[str, Sequence[Any]]) -> list[QueuePolicy]:
    arn = GetAtt(queue, "Arn")
    allowed = [
        {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnLike": {"aws:SourceArn": list(sources)}},
        }
        for service, sources in sorted(senders.items())
    ]
    document = {"Version": "2012-10-17", "Statement": allowed}
    return [QueuePolicy(f"{queue.title}Policy", Queues=[Ref(queue)], PolicyDocument=document)] if allowed else []
