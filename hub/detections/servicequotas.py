"""Quotas."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection

# What stolen credentials need more of.
_COMPUTE = {"ec2", "fargate", "lightsail", "sagemaker", "bedrock", "ses"}


@detection(
    title="{actor} asked for {requestParameters.desiredValue} of quota {resource} in {region} of account {account}",
    severity=Severity.LOW,
    api_calls=calls("servicequotas", "RequestServiceQuotaIncrease"),
    resource=ResourceArn(
        "arn:{partition}:servicequotas:{region}:{account}:{requestParameters.serviceCode}/{id}",
        ("requestParameters.quotaCode",),
    ),
    attack="T1496.001",
)
def increase_requested(event: CloudTrailEvent) -> bool:
    """More machines, models or mails were asked for than the account ever needed: what mining and spam begin with.

    False positives: a team that grows.
    Response: ask the actor; if nobody knows of it, close the support case behind the request, replace the actor's
    credentials, and look for new machines in every Region.
    """
    return event.request.text("serviceCode") in _COMPUTE
