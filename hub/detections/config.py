"""AWS Config."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from hub.detections.detection import Match, calls, detection

_CIS = "monitoring.config_changes"


@detection(
    title="AWS Config stopped recording in {region} of account {account}",
    severity=Severity.HIGH,
    api_calls=calls("config", "StopConfigurationRecorder", "DeleteConfigurationRecorder", "DeleteDeliveryChannel"),
    attempts=True,
    attack="T1562.001",
    cis=_CIS,
)
def recorder_stopped(_event: CloudTrailEvent) -> bool:
    """The recorder or its delivery channel was stopped or deleted: changes and their history are lost.

    False positives: a landing zone that sets the recorder up again.
    Response: start the recorder again (config:StartConfigurationRecorder), or recreate it with its delivery channel.
    Changes meanwhile are not in Config: read them in CloudTrail for this Region, beginning with this actor's.
    """
    return True


@detection(
    title="AWS Config of account {account} changed in {region} ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=calls(
        "config",
        "PutDeliveryChannel",
        "PutConfigurationRecorder",
        "DeleteConfigRule",
        "DeleteOrganizationConfigRule",
        "DeleteConformancePack",
        "DeleteOrganizationConformancePack",
        "DeleteConfigurationAggregator",
        "DeleteAggregationAuthorization",
        "DeleteRetentionConfiguration",
        "DeleteRemediationConfiguration",
    ),
    attack="T1562.001",
    cis=_CIS,
)
def changed(event: CloudTrailEvent) -> bool | Match:
    """What AWS Config records, checks or delivers changed; HIGH when the recorder now leaves resource types out.

    False positives: Security Hub and landing zones, which keep rules of their own.
    Response: look in CloudTrail at requestParameters for what changed. If resource types were left out or a rule was
    deleted without a ticket, put it back and look at what the actor did to those resources.
    """
    group = "configurationRecorder.recordingGroup"
    is_partial = event.request.is_false(f"{group}.allSupported")
    has_exclusions = bool(event.request.all(f"{group}.exclusionByResourceTypes.resourceTypes"))
    return Match(severity=Severity.HIGH) if is_partial or has_exclusions else True
