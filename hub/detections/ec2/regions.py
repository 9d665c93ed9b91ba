"""Work in Regions where there should be none."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from hub.detections.detection import calls, detection
from hub.detections.settings import DetectionSettings


@detection(
    title="{eventName} in {region}, where account {account} has no business",
    severity=Severity.HIGH,
    api_calls=(
        *calls("ec2", "RunInstances"),
        *calls("lambda", "CreateFunction20150331"),
        *calls("eks", "CreateCluster"),
        *calls("ecs", "CreateCluster"),
        *calls("redshift", "CreateCluster"),
        *calls("rds", "CreateDBInstance"),
        *calls("cloudformation", "CreateStack"),
        *calls("sagemaker", "CreateNotebookInstance"),
    ),
    attempts=True,
    attack="T1535",
)
def launch_in_unused_region(event: CloudTrailEvent, settings: DetectionSettings) -> bool:
    """Something that costs or computes was started in a Region that is not in allowed_regions: where nobody looks.

    Stack sets roll out over all Regions and are not meant.

    False positives: a Region that the organization begins to use; add it to allowed_regions.
    Response: ask the actor. If they do not know of it, take their credentials for stolen: deactivate the key or revoke
    the role's sessions, terminate what was started, and look for the same in all other Regions.
    """
    if not settings.allowed_regions or event.region in settings.allowed_regions:
        return False
    return not event.is_by_stack_set
