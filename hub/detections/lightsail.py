"""Lightsail, which stands beside EC2 and its guard rails."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection


@detection(
    title="{actor} made or entered Lightsail machines in {region} of account {account} ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=calls(
        "lightsail",
        "CreateInstances",
        "CreateInstancesFromSnapshot",
        "CreateContainerService",
        "GetInstanceAccessDetails",
    ),
    resource=ResourceArn(
        "arn:{partition}:lightsail:{region}:{account}:Instance/{id}",
        ("requestParameters.instanceNames", "requestParameters.instanceName"),
        fallback=ResourceArn(
            "arn:{partition}:lightsail:{region}:{account}:ContainerService/{id}", ("requestParameters.serviceName",)
        ),
    ),
    attack="T1496.001",
)
def compute_created(_event: CloudTrailEvent) -> bool:
    """Machines were made where EC2's policies, quotas and inventories do not reach, or somebody asked for their key.

    False positives: accounts whose websites live in Lightsail.
    Response: ask the actor; otherwise delete the machines in every Region of Lightsail, and replace the actor's
    credentials: this is where stolen keys mine.
    """
    return True
