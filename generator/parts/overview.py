"""The hub's dashboard in CloudWatch: what arrives, what is told, what waits, what fails."""

import json
from collections.abc import Iterable
from typing import Any

from troposphere import AWSObject, Sub
from troposphere.awslambda import Function as LambdaFunction
from troposphere.cloudwatch import Dashboard
from troposphere.sqs import Queue

from contract.names import (
    ARCHIVE_LAG,
    METRICS_NAMESPACE,
    RETENTION_ERRORS,
    RETENTION_FAILURES,
    RETENTION_MEMORY,
    RETENTION_OVERDUE,
    RETENTION_RUNS,
    RETENTION_SECONDS,
    RETENTION_SEEN,
    ROLLUP_DRIFT,
    SILENT_SPOKES,
    SYNC_AGE,
)
from generator.config import Config
from generator.dead_letters import dead_letter_queues

_WIDTH, _HEIGHT, _COLUMNS = 12, 6, 2
# Title → the metrics of our own: the function's `service` dimension, and the metric's name.
_OWN = {
    "Events and findings": [("detector", "Events"), ("detector", "Findings"), ("ingester", "Findings")],
    "People are told": [("notifier", "NotificationsSent"), ("notifier", "NotificationsFailed")],
    "Critical findings": [("transitions", "CriticalFindings")],
    "Spokes": [("inventory", SILENT_SPOKES), ("inventory", "Accounts")],
    "Counters mended": [("recount", ROLLUP_DRIFT)],
}
_SYNC = {"Sync with Security Hub (hours ago)": [("sync", SYNC_AGE)]}
_ARCHIVER = {"Archive": [("archiver", "FindingsArchived"), ("archiver", ARCHIVE_LAG)]}
# Runs over images and snapshots in all spokes, from their reports.
_RETENTION = {
    "Retention: runs": [("reports", RETENTION_RUNS), ("reports", RETENTION_ERRORS), ("inventory", RETENTION_OVERDUE)],
    "Retention: longest run (seconds)": [("reports", RETENTION_SECONDS)],
    "Retention: peak memory (MB)": [("reports", RETENTION_MEMORY)],
}
_ERROR_RATE = "Retention: failures (%)"
_HIGHEST = ("ago", "longest", "peak")


def overview(config: Config, resources: Iterable[AWSObject]) -> Dashboard:
    """Return the dashboard of what is in the template."""
    given = list(resources)
    own = {
        **_OWN,
        **(_SYNC if config.feeds.reads_security_hub else {}),
        **(_ARCHIVER if config.archive.enabled else {}),
        **(_RETENTION if config.backup.enabled else {}),
    }
    dead = {one.title for one in dead_letter_queues(given)}
    queues = [one for one in given if isinstance(one, Queue)]
    functions = [str(one.FunctionName) for one in given if isinstance(one, LambdaFunction)]
    lists = {
        **{title: [[METRICS_NAMESPACE, name, "service", service] for service, name in own[title]] for title in own},
        **({_ERROR_RATE: _error_rate()} if config.backup.enabled else {}),
        "Failed calls": [["AWS/Lambda", "Errors", "FunctionName", name] for name in functions],
        "Oldest message (seconds)": _of_queues(queues, "ApproximateAgeOfOldestMessage", dead, are_dead=False),
        "Dead letters": _of_queues(queues, "ApproximateNumberOfMessagesVisible", dead, are_dead=True),
    }
    widgets = [_widget(place, title, metrics) for place, (title, metrics) in enumerate(lists.items())]
    return Dashboard("Overview", DashboardName=config.aws.prefix, DashboardBody=Sub(json.dumps({"widgets": widgets})))


def _error_rate() -> list[list[Any]]:
    """Return the share of what was looked at and could not be tagged or deleted, from two hidden metrics."""
    hidden = [
        [METRICS_NAMESPACE, name, "service", "reports", {"id": id_, "visible": False}]
        for id_, name in (("bad", RETENTION_FAILURES), ("whole", RETENTION_SEEN))
    ]
    return [[{"expression": "IF(whole > 0, 100 * bad / whole, 0)", "label": "failures", "id": "share"}], *hidden]


def _of_queues(queues: list[Queue], metric: str, dead: set[str], *, are_dead: bool) -> list[list[str]]:
    chosen = [one for one in queues if (one.title in dead) is are_dead]
    return [["AWS/SQS", metric, "QueueName", str(one.QueueName)] for one in chosen]


def _widget(place: int, title: str, metrics: list[list[Any]]) -> dict[str, Any]:
    row, column = divmod(place, _COLUMNS)
    is_depth = str(metrics[-1][1]).startswith("Approximate")
    statistic = "Maximum" if is_depth or any(word in title for word in _HIGHEST) else "Sum"
    return {
        "type": "metric",
        "x": column * _WIDTH,
        "y": row * _HEIGHT,
        "width": _WIDTH,
        "height": _HEIGHT,
        "properties": {
            "title": title,
            "metrics": metrics,
            "region": "${AWS::Region}",
            "stat": statistic,
            "period": 300,
            "view": "timeSeries",
        },
    }
