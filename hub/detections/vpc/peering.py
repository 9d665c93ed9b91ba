"""Networks that are joined with somebody else's."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import shared_with, strangers
from hub.detections.vpc.places import NETWORK


@detection(
    title="Network {resource} of account {account} peered with {with} ({eventName})",
    severity=Severity.HIGH,
    api_calls=calls("ec2", "CreateVpcPeeringConnection", "AcceptVpcPeeringConnection"),
    resource=NETWORK,
    family="vpc.changed",
    attack="T1599",
    cis="monitoring.vpc_changes",
)
def peering_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """A network was offered to, or joined with, one of an account outside the organization; routes may follow.

    False positives: providers of databases and the like, until trusted_accounts names their accounts.
    Response: ask the network team. Otherwise delete the peering connection (VPC console, Peering connections), and look
    for routes to it (CreateRoute with its id) and for security groups that let the other network in.
    """
    connection = "vpcPeeringConnection"
    sides = [event.response.text(f"{connection}.{side}VpcInfo.ownerId") for side in ("accepter", "requester")]
    return shared_with(strangers([event.request.text("peerOwnerId"), *sides], event, settings))
