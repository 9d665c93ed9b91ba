"""Container images."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import policy_of
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import let_in, shared_with

_FAMILY = "ecr.repository"
_REPOSITORY = ResourceArn(
    "arn:{partition}:ecr:{region}:{account}:repository/{id}", ("requestParameters.repositoryName",)
)


@detection(
    title="Repository {resource} of account {account} is public, or no longer guards its images",
    severity=Severity.HIGH,
    api_calls=calls(
        "ecr", "SetRepositoryPolicy", "PutRegistryPolicy", "PutImageScanningConfiguration", "PutImageTagMutability"
    ),
    resource=_REPOSITORY,
    family=_FAMILY,
    attack="T1525",
)
def repository_public(event: CloudTrailEvent) -> bool | Match:
    """Everyone may pull or push images; MEDIUM when only scanning or immutable tags were switched off.

    False positives: images that the organization publishes.
    Response: restrict the repository's policy (ecr:SetRepositoryPolicy). If anyone could push, compare the digests of
    running images with those of the build, and deploy again from the build; if anyone could pull, rotate the secrets in
    the images.
    """
    if policy_of(event.request.get("policyText")).is_public:
        return True
    is_unscanned = event.request.is_false("imageScanningConfiguration.scanOnPush")
    is_mutable = event.request.text("imageTagMutability") == "MUTABLE"
    return Match(severity=Severity.MEDIUM) if is_unscanned or is_mutable else False


@detection(
    title="Images of {resource} in account {account} opened to {with}",
    severity=Severity.MEDIUM,
    api_calls=calls("ecr", "SetRepositoryPolicy", "PutRegistryPolicy"),
    resource=_REPOSITORY,
    family=_FAMILY,
    attack="T1525",
)
def repository_shared_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """An account outside the organization may pull images, or push ones that run here.

    False positives: customers and partners, until trusted_accounts names their accounts.
    Response: ask the owner. Otherwise delete the statement (ECR console, Permissions, or DeleteRegistryPolicy) and
    check the digests of running images against the build's.
    """
    return shared_with(let_in(policy_of(event.request.get("policyText")), event, settings))
