"""Kubernetes clusters."""

from contract.cloudtrail import CloudTrailEvent
from contract.fields import Fields
from contract.finding import Severity
from contract.network import is_world
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection

_CLUSTER = ResourceArn(
    "arn:{partition}:eks:{region}:{account}:cluster/{id}", ("requestParameters.name", "requestParameters.clusterName")
)
_ADMIN_POLICIES = ("/AmazonEKSClusterAdminPolicy", "/AmazonEKSAdminPolicy")


@detection(
    title="{requestParameters.principalArn} became administrator of cluster {resource} of account {account}",
    severity=Severity.HIGH,
    api_calls=calls("eks", "AssociateAccessPolicy"),
    resource=_CLUSTER,
    family="eks.access",
    attack="T1098.006",
)
def admin_access_granted(event: CloudTrailEvent) -> bool:
    """An identity may do everything in the cluster.

    False positives: the set-up of a cluster.
    Response: ask the actor for the reason. If there is none, take the policy away (eks:DisassociateAccessPolicy) and
    read the cluster's audit log for what the identity did: it could read every secret of the cluster.
    """
    return event.request.text("policyArn").endswith(_ADMIN_POLICIES)


@detection(
    title="Who may enter cluster {resource} of account {account} changed ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=calls("eks", "CreateAccessEntry", "UpdateAccessEntry", "DeleteAccessEntry", "DisassociateAccessPolicy"),
    resource=_CLUSTER,
    family="eks.access",
    attack="T1098.006",
)
def access_entry_changed(event: CloudTrailEvent) -> bool | Match:
    """An access entry was made, changed or deleted; HIGH when it belongs to `system:masters`.

    False positives: the set-up of a cluster or of its nodes.
    Response: check that the identity belongs there. Otherwise delete the entry (eks:DeleteAccessEntry), and read the
    cluster's audit log for what it did.
    """
    is_master = "system:masters" in event.request.texts("kubernetesGroups")
    return Match(severity=Severity.HIGH) if is_master else True


def _is_open(access: Fields) -> bool:
    cidrs = access.texts("publicAccessCidrs")
    return access.is_true("endpointPublicAccess") and (not cidrs or any(map(is_world, cidrs)))


@detection(
    title="Cluster {resource} of account {account} has its API open to the world, or no control-plane log",
    severity=Severity.HIGH,
    api_calls=calls("eks", "CreateCluster", "UpdateClusterConfig"),
    resource=_CLUSTER,
    attack="T1133",
)
def endpoint_public_or_logging_off(event: CloudTrailEvent) -> bool:
    """Everyone may knock at the cluster's API, or what happens in the cluster is not recorded.

    False positives: clusters of open build systems; new ones whose set-up closes the API only later.
    Response: restrict publicAccessCidrs or make the endpoint private (eks:UpdateClusterConfig), and switch all five
    logs on. Look in the audit log, if it was on, for callers from unknown addresses.
    """
    logging = event.request.objects("logging.clusterLogging")
    # What a new cluster's call leaves out is public; the answer says it.
    made = event.response.objects("cluster.resourcesVpcConfig") if event.name == "CreateCluster" else []
    access = made or event.request.objects("resourcesVpcConfig")
    return any(map(_is_open, access)) or any(one.is_false("enabled") for one in logging)
