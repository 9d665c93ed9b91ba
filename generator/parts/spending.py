"""The guard on spending: an account whose events come in floods is told of, before the bill tells."""

import json

from troposphere import AWSObject, Ref
from troposphere.cloudwatch import Alarm, InsightRule, MetricDataQuery

from contract.names import CROWDED
from generator.config import Config
from generator.parts.topics import ALERTS

_AN_HOUR = 3_600


def spend_guard(config: Config) -> list[AWSObject]:
    """Return the count of events by account (Contributor Insights over the detector's log) and its alarm."""
    name = f"{config.aws.prefix}-events-by-account"
    rule = {
        "Schema": {"Name": "CloudWatchLogRule", "Version": 1},
        "LogGroupNames": [config.names.log_group(config.names.function("detector"))],
        "LogFormat": "JSON",
        "Contribution": {
            "Keys": ["$.account"],
            "ValueOf": "$.events",
            "Filters": [{"Match": "$.message", "In": [CROWDED]}],
        },
        "AggregateOn": "Sum",
    }
    most = MetricDataQuery(
        Id="most", Expression=f"INSIGHT_RULE_METRIC('{name}', 'MaxContributorValue')", Period=_AN_HOUR, ReturnData=True
    )
    limit = config.findings.events_per_account_and_hour
    return [
        InsightRule(
            "EventsByAccount",
            RuleName=name,
            RuleState="ENABLED",
            RuleBody=json.dumps(rule),
            DependsOn="DetectorLogs",
        ),
        Alarm(
            "EventsOfOneAccount",
            AlarmDescription=f"one account sent more than {limit} events within an hour, which costs; "
            f"{name} in CloudWatch's Contributor Insights says which; detections that are off, `read_only_calls` and "
            "`refused_calls` say what is forwarded",
            ComparisonOperator="GreaterThanThreshold",
            Threshold=limit,
            EvaluationPeriods=1,
            TreatMissingData="notBreaching",
            Metrics=[most],
            AlarmActions=[Ref(ALERTS)],
        ),
    ]
