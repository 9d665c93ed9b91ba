"""Alarms."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection


@detection(
    title="Alarm {resource} of account {account} deleted or silenced",
    severity=Severity.MEDIUM,
    api_calls=calls("monitoring", "DeleteAlarms", "DisableAlarmActions"),
    resource=ResourceArn("arn:{partition}:cloudwatch:{region}:{account}:alarm:{id}", ("requestParameters.alarmNames",)),
    attack="T1562.001",
)
def alarms_disabled(event: CloudTrailEvent) -> bool:
    """Nobody is told any more of what the alarm watched; Auto Scaling's own alarms are not meant.

    False positives: the removal of what the alarm watched.
    Response: ask the actor. If the alarm watched security or money, put it back (cloudwatch:EnableAlarmActions or
    PutMetricAlarm) and look at the metric for the time without it.
    """
    names = event.request.texts("alarmNames")
    is_scaling = bool(names) and all(name.startswith("TargetTracking-") for name in names)
    return not event.invoked_by and not is_scaling
