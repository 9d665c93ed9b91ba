"""The hub's alarms: nothing that concerns an alert fails unseen."""

from collections.abc import Iterable
from typing import Any

from troposphere import AWSObject, GetAtt, Ref
from troposphere.awslambda import EventSourceMapping
from troposphere.awslambda import Function as LambdaFunction
from troposphere.cloudwatch import Alarm, MetricDimension
from troposphere.sqs import Queue

from contract.names import METRICS_NAMESPACE, UNWELL_SPOKES
from generator.functions import REPORTS

_FIVE_MINUTES = 300
_LATE_SECONDS = 900


def alarms(resources: Iterable[AWSObject], *, is_told: bool = True) -> list[Alarm]:
    """Return the alarms on functions, queues, dead letters and readers of streams among the resources.

    `is_told`: the hub's topics hear of them; elsewhere they only stand in CloudWatch.
    """
    given = list(resources)
    found = [
        *(_errors(one) for one in given if isinstance(one, LambdaFunction)),
        *(_failed(one) for one in given if isinstance(one, Queue) and one.title.endswith("DeadLetters")),
        *(_waiting(one) for one in given if isinstance(one, Queue) and not one.title.endswith("DeadLetters")),
        *(_behind(one) for one in given if isinstance(one, EventSourceMapping) and hasattr(one, "StartingPosition")),
    ]
    for alarm in found if not is_told else ():
        del alarm.properties["AlarmActions"]
    return found


def unwell_spokes() -> Alarm:
    """Return the alarm on heartbeats that report something wrong: failures of spokes that have no alarms themselves."""
    metric = {
        "Namespace": METRICS_NAMESPACE,
        "MetricName": UNWELL_SPOKES,
        "Dimensions": [MetricDimension(Name="service", Value=REPORTS.name)],
        "Statistic": "Sum",
    }
    text = "a spoke's own checks found something wrong; `muster status` says which and what"
    return _alarm("SpokesUnwell", text, metric, 0, "Alerts")


def _errors(one: LambdaFunction) -> Alarm:
    text = f"{one.FunctionName} fails; its log group says why"
    return _alarm(f"{one.title}Errors", text, _function_metric("Errors", Ref(one), "Sum"), 0, "Alerts")


def _failed(queue: Queue) -> Alarm:
    text = f"{queue.QueueName} holds what could not be handled; mend the cause, then start the queue's redrive"
    metric = _queue_metric("ApproximateNumberOfMessagesVisible", queue)
    return _alarm(f"{queue.title}Waiting", text, metric, 0, "CriticalAlerts")


def _waiting(queue: Queue) -> Alarm:
    text = f"{queue.QueueName} has waited for more than {_LATE_SECONDS // 60} minutes"
    metric = _queue_metric("ApproximateAgeOfOldestMessage", queue)
    return _alarm(f"{queue.title}Late", text, metric, _LATE_SECONDS, "CriticalAlerts")


def _behind(mapping: EventSourceMapping) -> Alarm:
    text = f"{mapping.title} is more than {_LATE_SECONDS // 60} minutes behind the findings' stream"
    metric = _function_metric("IteratorAge", mapping.FunctionName, "Maximum")
    return _alarm(f"{mapping.title}Late", text, metric, _LATE_SECONDS * 1_000, "CriticalAlerts")


def _function_metric(name: str, function: Any, statistic: str) -> dict[str, Any]:
    dimension = MetricDimension(Name="FunctionName", Value=function)
    return {"Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": [dimension], "Statistic": statistic}


def _queue_metric(name: str, queue: Queue) -> dict[str, Any]:
    dimension = MetricDimension(Name="QueueName", Value=GetAtt(queue, "QueueName"))
    return {"Namespace": "AWS/SQS", "MetricName": name, "Dimensions": [dimension], "Statistic": "Maximum"}


def _alarm(title: str, text: str, metric: dict[str, Any], above: int, topic: str) -> Alarm:
    return Alarm(
        title,
        AlarmDescription=text,
        Period=_FIVE_MINUTES,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=above,
        TreatMissingData="notBreaching",
        AlarmActions=[Ref(topic)],
        **metric,
    )
