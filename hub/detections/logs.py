"""CloudWatch Logs."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import shared_with, strangers

_GROUP = ResourceArn("arn:{partition}:logs:{region}:{account}:log-group:{id}", ("requestParameters.logGroupName",))
_AUDIT = ("cloudtrail", "flow")


@detection(
    title="Log group {requestParameters.logGroupName} of account {account} deleted, or a stream of it",
    severity=Severity.MEDIUM,
    api_calls=calls("logs", "DeleteLogGroup", "DeleteLogStream"),
    resource=_GROUP,
    attack="T1485",
)
def log_group_deleted(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """Logs were deleted, for good; HIGH when the name says trail, flow logs or Muster.

    False positives: the clean-up of build stacks.
    Response: ask the actor: the events are gone from CloudWatch for good. Look for what they would have shown in
    CloudTrail, in exports and in S3; recreate the group so that its sources can write again.
    """
    name = event.request.text("logGroupName").lower()
    is_precious = settings.names.is_own(name) or any(word in name for word in _AUDIT)
    return Match(severity=Severity.HIGH) if is_precious else True


@detection(
    title="Log group {requestParameters.logGroupName} of account {account} keeps its logs for "
    "{requestParameters.retentionInDays} days only",
    severity=Severity.LOW,
    api_calls=calls("logs", "PutRetentionPolicy"),
    resource=_GROUP,
    attack="T1562.008",
)
def retention_shortened(event: CloudTrailEvent, settings: DetectionSettings) -> bool:
    """Logs vanish earlier than an investigation needs them.

    False positives: noisy logs of tests.
    Response: ask the actor; set the retention back.
    """
    days = event.request.text("retentionInDays")
    return days.isdecimal() and len(days) < 6 and int(days) < settings.minimum_log_group_days


@detection(
    title="A filter or destination of logs of account {account} removed ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=calls(
        "logs", "DeleteMetricFilter", "DeleteSubscriptionFilter", "DeleteDestination", "DeleteAccountPolicy"
    ),
    resource=_GROUP,
    attack="T1562.008",
)
def filter_removed(_event: CloudTrailEvent) -> bool:
    """Logs are no longer counted, or no longer sent to where they are watched.

    False positives: the replacement of a filter.
    Response: check that another filter took its place. Otherwise put it back (logs:PutMetricFilter,
    PutSubscriptionFilter): alarms and whoever reads the log stream are blind meanwhile.
    """
    return True


@detection(
    title="Logs of {requestParameters.logGroupName} in account {account} now go to {with}",
    severity=Severity.HIGH,
    api_calls=calls("logs", "PutSubscriptionFilter"),
    resource=_GROUP,
    attack="T1537",
)
def subscription_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """What is written to the log group is sent to an account outside the organization as it comes.

    False positives: vendors of log analysis, until trusted_accounts names their accounts.
    Response: ask the log group's owner. Otherwise DeleteSubscriptionFilter (CloudWatch console, Log groups,
    Subscription filters), and rotate whatever secret the logs showed meanwhile.
    """
    return shared_with(strangers([event.request.text("destinationArn")], event, settings))
