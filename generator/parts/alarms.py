"""The hub's alarms: nothing that concerns an alert fails unseen."""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any

from troposphere import AWSObject, GetAtt, Ref
from troposphere.awslambda import EventSourceMapping
from troposphere.awslambda import Function as LambdaFunction
from troposphere.cloudwatch import Alarm, Metric, MetricDataQuery, MetricDimension, MetricStat
from troposphere.sqs import Queue

from contract.names import (
    ARCHIVE_LAG,
    CRITICAL_FINDINGS,
    METRICS_NAMESPACE,
    RETENTION_ERRORS,
    RETENTION_FAILURES,
    RETENTION_OVERDUE,
    RETENTION_SECONDS,
    RETENTION_SEEN,
    ROLLUP_DRIFT,
    SILENT_SPOKES,
    SYNC_AGE,
    SYNC_REFUSED,
    SYNC_WHOLE_AGE,
    UNWELL_SPOKES,
)
from generator.config import Config
from generator.dead_letters import dead_letter_queues
from generator.functions import (
    ARCHIVER,
    BACKUP_TAGGER,
    INVENTORY,
    NOTIFIER,
    RECOUNT,
    REPORTS,
    SYNC,
    TRANSITIONS,
    Function,
)
from generator.parts.cures import cure
from generator.parts.topics import ALERTS, CRITICAL_ALERTS

_FIVE_MINUTES = 300
_AN_HOUR = 3_600
_SIX_HOURS = 21_600
_LATE_SECONDS = 900
# What an alarm may look back at most (CloudWatch API, PutMetricAlarm: seven days of periods of an hour or more).
_MOST_HOURS = 168
# Of what is looked at or called, in percent.
_MOST_FAILURES = 5


def alarms(resources: Iterable[AWSObject], *, are_told: bool = True) -> list[Alarm]:
    """Return the alarms on functions, queues, dead letters and readers of streams among the resources.

    `are_told`: the hub's topics hear of them; elsewhere they only stand in CloudWatch.
    """
    given = list(resources)
    known = {one.title: cure(one, is_in_spokes=not are_told) for one in dead_letter_queues(given)}
    usual, critical = (ALERTS, CRITICAL_ALERTS) if are_told else (None, None)
    queues = [one for one in given if isinstance(one, Queue)]
    return [
        *(_errors(one, usual) for one in given if isinstance(one, LambdaFunction)),
        *(_failed(one, known[one.title], critical) for one in queues if one.title in known),
        *(_waiting(one, critical) for one in queues if one.title not in known),
        *(_behind(one, critical) for one in given if isinstance(one, EventSourceMapping) and _reads_stream(one)),
    ]


def spoke_alarms() -> list[Alarm]:
    """Return the alarms on spokes that report something wrong or fell silent: they have no alarms themselves.

    Silence is counted every hour; when the count itself is missing, nobody watches the spokes.
    """
    unwell = "a spoke's own checks found something wrong; `muster status` says which and what"
    silent = "spokes sent no heartbeat for hours, or nobody looked; `muster status` says which, the inventory's log why"
    return [
        _alarm(UNWELL_SPOKES, unwell, _own_metric(UNWELL_SPOKES, REPORTS, "Sum"), 0, ALERTS),
        _alarm(
            SILENT_SPOKES,
            silent,
            {**_own_metric(SILENT_SPOKES, INVENTORY, "Maximum"), "Period": _AN_HOUR, "EvaluationPeriods": 3},
            0,
            CRITICAL_ALERTS,
            missing="breaching",
        ),
    ]


def retention_alarms(config: Config) -> list[Alarm]:
    """Return the alarms on what spokes report of their images and snapshots: errors, long, missing, bad runs."""
    failed = "runs over images and snapshots failed; `muster tags retention` says where and why"
    late = "spokes did not look at their images and snapshots in time; the findings muster.retention_overdue say which"
    slow = f"a run over images and snapshots took more than {config.backup.longest_seconds} s (backup.longest_seconds)"
    bad = f"more than {_MOST_FAILURES} % of the images and snapshots of an hour's runs could not be tagged or deleted"
    hourly = {"Period": _AN_HOUR}
    return [
        _alarm(RETENTION_ERRORS, failed, {**_reported(RETENTION_ERRORS), **hourly}, 0, ALERTS),
        _alarm(RETENTION_OVERDUE, late, {**_own_metric(RETENTION_OVERDUE, INVENTORY, "Maximum"), **hourly}, 0, ALERTS),
        _alarm(
            RETENTION_SECONDS,
            slow,
            {**_own_metric(RETENTION_SECONDS, REPORTS, "Maximum"), **hourly},
            config.backup.longest_seconds,
            ALERTS,
        ),
        _rate("RetentionErrorRate", bad, _reported(RETENTION_FAILURES), _reported(RETENTION_SEEN), ALERTS),
    ]


def spoke_retention_alarms(config: Config) -> list[Alarm]:
    """Return the same alarms for a spoke, on the function itself, beside the one on its errors."""
    name = BACKUP_TAGGER.full_name(config.names)
    hours = min(ceil(config.backup.interval.total_seconds() / _AN_HOUR) + 1, _MOST_HOURS)
    slow = f"{name} took more than {config.backup.longest_seconds} s (backup.longest_seconds)"
    never = f"{name} has not run for {hours} hours"
    bad = f"more than {_MOST_FAILURES} % of the calls of {name} failed within an hour"
    duration = {**_function_metric("Duration", Ref(BACKUP_TAGGER.title), "Maximum"), "Period": _AN_HOUR}
    runs = {**_function_metric("Invocations", Ref(BACKUP_TAGGER.title), "Sum"), "Period": _AN_HOUR}
    missing = _alarm(f"{BACKUP_TAGGER.title}Missing", never, {**runs, "EvaluationPeriods": hours}, 1, None, "breaching")
    missing.ComparisonOperator = "LessThanThreshold"
    errors = _function_metric("Errors", Ref(BACKUP_TAGGER.title), "Sum")
    return [
        _alarm(f"{BACKUP_TAGGER.title}Slow", slow, duration, config.backup.longest_seconds * 1_000, None),
        missing,
        _rate(f"{BACKUP_TAGGER.title}ErrorRate", bad, errors, runs, None),
    ]


def _reported(name: str) -> dict[str, Any]:
    return _own_metric(name, REPORTS, "Sum")


def _rate(title: str, text: str, bad: Mapping[str, Any], whole: Mapping[str, Any], topic: str | None) -> Alarm:
    """Return an alarm on a share in percent; where nothing is counted, nothing is wrong."""
    counted = [
        MetricDataQuery(Id=id_, MetricStat=_stat(metric), ReturnData=False)
        for id_, metric in (("bad", bad), ("whole", whole))
    ]
    share = MetricDataQuery(Id="share", Expression="IF(whole > 0, 100 * bad / whole, 0)", ReturnData=True)
    return Alarm(
        title,
        AlarmDescription=text,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=_MOST_FAILURES,
        TreatMissingData="notBreaching",
        EvaluationPeriods=1,
        Metrics=[*counted, share],
        **({"AlarmActions": [Ref(topic)]} if topic else {}),
    )


def _stat(metric: Mapping[str, Any]) -> MetricStat:
    named = Metric(Namespace=metric["Namespace"], MetricName=metric["MetricName"], Dimensions=metric["Dimensions"])
    return MetricStat(Metric=named, Period=_AN_HOUR, Stat=metric["Statistic"])


def rollup_alarm() -> Alarm:
    """Return the alarm on counters that had to be mended."""
    text = "counters of findings drifted from the findings and were mended; the recount's log says which"
    return _alarm(ROLLUP_DRIFT, text, {**_own_metric(ROLLUP_DRIFT, RECOUNT, "Sum"), "Period": _AN_HOUR}, 0, ALERTS)


def sync_alarms() -> list[Alarm]:
    """Return the alarms on a sync that comes to no end, is begun by nobody, or brings what cannot be stored.

    Each is begun every six hours and then says how old the last one is: the third time in a row that it is too old, 30
    hours after it began, or in the third six hours without a word.
    """
    late = (
        "no sync with Security Hub began for 18 hours, or one came to no end within a day and a half; its log says why"
    )
    stuck = "for 15 days Security Hub was not read as a whole; the sync's log says why"
    refused = "findings of Security Hub cannot be stored; the sync's log says which and why"
    every = {"Period": _SIX_HOURS, "EvaluationPeriods": 3}
    return [
        _alarm(SYNC_AGE, late, {**_own_metric(SYNC_AGE, SYNC, "Maximum"), **every}, 13, ALERTS, missing="breaching"),
        _alarm(
            SYNC_WHOLE_AGE, stuck, {**_own_metric(SYNC_WHOLE_AGE, SYNC, "Maximum"), "Period": _SIX_HOURS}, 15, ALERTS
        ),
        _alarm(SYNC_REFUSED, refused, {**_own_metric(SYNC_REFUSED, SYNC, "Maximum"), "Period": _AN_HOUR}, 0, ALERTS),
    ]


def archive_alarm() -> Alarm:
    """Return the alarm on an archive that is behind: two weeks later findings expire unarchived, one by one."""
    text = "the archive is more than a day behind; the archiver's log says why"
    metric = {**_own_metric(ARCHIVE_LAG, ARCHIVER, "Minimum"), "Period": _AN_HOUR, "EvaluationPeriods": 24}
    return _alarm(ARCHIVE_LAG, text, metric, 1, CRITICAL_ALERTS, missing="breaching")


def api_alarms(name: str) -> list[Alarm]:
    """Return the alarms on an API, given its name, that refuses or fails more than a hundred requests in 5 minutes."""
    dimension = MetricDimension(Name="ApiName", Value=name)
    said = {"4XXError": "refused; its access log says whom and why", "5XXError": "failed; the function's log says why"}
    return [
        _alarm(
            f"Api{metric}s",
            f"more than 100 requests of the API within 5 minutes were {text}",
            {"Namespace": "AWS/ApiGateway", "MetricName": metric, "Dimensions": [dimension], "Statistic": "Sum"},
            100,
            ALERTS,
        )
        for metric, text in said.items()
    ]


def operational_alarms() -> list[Alarm]:
    """Return the alarms on throttled tables, on many critical findings at once, and on channels that fail."""
    critical = "more than 5 critical findings opened within 5 minutes"
    failing = "more than 5 notifications failed within 15 minutes; the notifier's log says which channel and why"
    told = {**_own_metric("NotificationsFailed", NOTIFIER, "Sum"), "Period": _LATE_SECONDS}
    return [
        *(_throttled(table, kind) for table in ("FindingsTable", "StateTable") for kind in ("Read", "Write")),
        _alarm(CRITICAL_FINDINGS, critical, _own_metric(CRITICAL_FINDINGS, TRANSITIONS, "Sum"), 5, CRITICAL_ALERTS),
        _alarm("NotificationsFailed", failing, told, 5, CRITICAL_ALERTS),
    ]


def _throttled(table: str, kind: str) -> Alarm:
    text = f"DynamoDB refused more than 10 {kind.lower()}s within 5 minutes; they are repeated, and late"
    dimension = MetricDimension(Name="TableName", Value=Ref(table))
    metric = {"Namespace": "AWS/DynamoDB", "MetricName": f"{kind}ThrottleEvents", "Dimensions": [dimension]}
    return _alarm(f"{table}{kind}sThrottled", text, {**metric, "Statistic": "Sum"}, 10, ALERTS)


def _errors(one: LambdaFunction, topic: str | None) -> Alarm:
    text = f"{one.FunctionName} fails; its log group says why"
    return _alarm(f"{one.title}Errors", text, _function_metric("Errors", Ref(one), "Sum"), 0, topic)


def _failed(queue: Queue, cure: str, topic: str | None) -> Alarm:
    text = f"{queue.QueueName} holds what could not be handled; {cure}"
    metric = _queue_metric("ApproximateNumberOfMessagesVisible", queue)
    return _alarm(f"{queue.title}Waiting", text, metric, 0, topic)


def _waiting(queue: Queue, topic: str | None) -> Alarm:
    text = f"{queue.QueueName} has waited for more than {_LATE_SECONDS // 60} minutes"
    metric = _queue_metric("ApproximateAgeOfOldestMessage", queue)
    return _alarm(f"{queue.title}Late", text, metric, _LATE_SECONDS, topic)


def _behind(mapping: EventSourceMapping, topic: str | None) -> Alarm:
    text = f"{mapping.title} is more than {_LATE_SECONDS // 60} minutes behind the findings' stream"
    metric = _function_metric("IteratorAge", mapping.FunctionName, "Maximum")
    return _alarm(f"{mapping.title}Late", text, metric, _LATE_SECONDS * 1_000, topic)


def _reads_stream(mapping: EventSourceMapping) -> bool:
    return hasattr(mapping, "StartingPosition")


def _function_metric(name: str, function: Any, statistic: str) -> dict[str, Any]:
    dimension = MetricDimension(Name="FunctionName", Value=function)
    return {"Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": [dimension], "Statistic": statistic}


def _queue_metric(name: str, queue: Queue) -> dict[str, Any]:
    dimension = MetricDimension(Name="QueueName", Value=GetAtt(queue, "QueueName"))
    return {"Namespace": "AWS/SQS", "MetricName": name, "Dimensions": [dimension], "Statistic": "Maximum"}


def _own_metric(name: str, what: Function, statistic: str) -> dict[str, Any]:
    dimension = MetricDimension(Name="service", Value=what.name)
    return {"Namespace": METRICS_NAMESPACE, "MetricName": name, "Dimensions": [dimension], "Statistic": statistic}


def _alarm(  # noqa: PLR0913, PLR0917 - an alarm is this list
    title: str, text: str, metric: Mapping[str, Any], above: int, topic: str | None, missing: str = "notBreaching"
) -> Alarm:
    return Alarm(
        title,
        AlarmDescription=text,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=above,
        TreatMissingData=missing,
        **({"AlarmActions": [Ref(topic)]} if topic else {}),
        **{"Period": _FIVE_MINUTES, "EvaluationPeriods": 1, **metric},
    )
