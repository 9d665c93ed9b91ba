"""CodeBuild."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection


@detection(
    title="Builds of project {resource} of account {account} made public",
    severity=Severity.HIGH,
    api_calls=calls("codebuild", "UpdateProjectVisibility"),
    resource=ResourceArn(
        "arn:{partition}:codebuild:{region}:{account}:project/{id}", ("requestParameters.projectArn",)
    ),
    attack="T1213",
)
def project_public(event: CloudTrailEvent) -> bool:
    """Anyone may read the project's logs and artefacts.

    False positives: open-source projects.
    Response: set the project to private (codebuild:UpdateProjectVisibility). Read the past builds' logs and artefacts
    for secrets, all of them could be read, and rotate what you find.
    """
    return event.request.text("projectVisibility") == "PUBLIC_READ"
