"""DataSync, which copies whole file systems and buckets."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection


@detection(
    title="{actor} made DataSync task {resource} of account {account}",
    severity=Severity.MEDIUM,
    api_calls=calls("datasync", "CreateTask"),
    resource=ResourceArn(
        "arn:{partition}:datasync:{region}:{account}:task/{id}",
        ("responseElements.taskArn", "requestParameters.sourceLocationArn"),
    ),
    attack="T1537",
)
def task_created(event: CloudTrailEvent) -> Match:
    """A task will copy everything from one place to another, which may belong to another account or lie outside AWS.

    False positives: migrations and planned replication.
    Response: read both locations (`DescribeLocationS3` and its like): whose bucket or server is the destination? If
    nobody knows it, cancel the task's executions, delete the task, and treat what was copied as lost.
    """
    return Match(
        details={
            "source": event.request.text("sourceLocationArn"),
            "destination": event.request.text("destinationLocationArn"),
        }
    )
