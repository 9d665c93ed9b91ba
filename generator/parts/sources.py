"""What calls functions: queues, the findings' stream, schedules, rules."""

from typing import Any, ClassVar

from troposphere import AWSObject, GetAtt, Ref
from troposphere.awslambda import DestinationConfig, EventSourceMapping, OnFailure, Permission, ScalingConfig
from troposphere.events import DeadLetterConfig, Rule, Target
from troposphere.validators import integer

from generator.functions import Function

_A_DAY = 86_400
# Lambda does not say how long it waits between retries. This many outlast a throttled table or a failed dependency,
# and still end: for ever (-1), one record that no code can read would hold up its shard until the day is over.
_STREAM_RETRIES = 60


class QueueScaling(ScalingConfig):  # type: ignore[misc] # Troposphere is untyped
    """A queue mapping's limit; Troposphere 4.11 knows only the like-named property of another resource."""

    props: ClassVar = {"MaximumConcurrency": (integer, True)}


def from_queue(
    what: Function, *, batch: int = 10, concurrency: int = 10, wait: int | None = None
) -> EventSourceMapping:
    """Return the mapping of a function's own queue; a failed record alone comes back.

    Concurrency is limited here, because small accounts have ten concurrent executions in all and none to reserve.
    Batches of more than ten wait for so many seconds to fill (Lambda guide, "Using Lambda with Amazon SQS").
    """
    return EventSourceMapping(
        f"{what.title}Source",
        EventSourceArn=GetAtt(f"{what.title}Queue", "Arn"),
        FunctionName=Ref(what.title),
        BatchSize=batch,
        ScalingConfig=QueueScaling(MaximumConcurrency=concurrency),
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DependsOn=[f"{what.title}Role"],
        **({"MaximumBatchingWindowInSeconds": wait} if wait else {}),
    )


def from_stream(what: Function, *, batch: int = 100, window: int | None = None) -> EventSourceMapping:
    """Return the mapping of the findings' stream; what fails to the end goes to the function's dead letters.

    `window` in seconds makes batches tumble, which is what tells the function its shard.
    """
    return EventSourceMapping(
        f"{what.title}Source",
        EventSourceArn=GetAtt("FindingsTable", "StreamArn"),
        FunctionName=Ref(what.title),
        StartingPosition="TRIM_HORIZON",
        BatchSize=batch,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=_STREAM_RETRIES,
        MaximumRecordAgeInSeconds=_A_DAY,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DestinationConfig=DestinationConfig(OnFailure=OnFailure(Destination=GetAtt(f"{what.title}DeadLetters", "Arn"))),
        DependsOn=[f"{what.title}Role"],
        **({"TumblingWindowInSeconds": window} if window else {}),
    )


def from_rule(what: Function, rule: Rule) -> list[AWSObject]:
    """Return a rule whose target is the function, and the rule's right to call it."""
    rule.Targets = [Target(Id="Function", Arn=GetAtt(what.title, "Arn"), DeadLetterConfig=_dead_letters(what))]
    permission = Permission(
        f"{rule.title}Permission",
        FunctionName=Ref(what.title),
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=GetAtt(rule, "Arn"),
    )
    return [rule, permission]


def to_queue(what: Function, name: str, bus: Any, pattern: dict[str, Any]) -> Rule:
    """Return a rule of a bus that puts what it matches into the function's queue."""
    target = Target(Id="Queue", Arn=GetAtt(f"{what.title}Queue", "Arn"), DeadLetterConfig=_dead_letters(what))
    return Rule(f"{what.title}Rule", Name=name, EventBusName=bus, EventPattern=pattern, Targets=[target])


def on_schedule(what: Function, title: str, name: str, schedule: str, message: str) -> Rule:
    """Return a rule that puts a message into the function's queue by a schedule."""
    target = Target(
        Id="Queue", Arn=GetAtt(f"{what.title}Queue", "Arn"), DeadLetterConfig=_dead_letters(what), Input=message
    )
    return Rule(title, Name=name, ScheduleExpression=schedule, Targets=[target])


def _dead_letters(what: Function) -> DeadLetterConfig:
    return DeadLetterConfig(Arn=GetAtt(f"{what.title}DeadLetters", "Arn"))
