"""Whose networks were joined."""

from contract.finding import Confidence, Severity
from hub.lookups.lookup import Answer, Clients, Lookup, Question, confirmed, undecided


def joined_networks(question: Question, clients: Clients) -> Answer:
    """Answer by the owners of both sides, which no event about an attachment names for sure."""
    filters = {"TransitGatewayAttachmentIds": [question.name]}
    found = clients("ec2").describe_transit_gateway_attachments(**filters)["TransitGatewayAttachments"]
    if not found:
        return undecided(f"EC2 does not know {question.name}")
    gateway, resource = found[0].get("TransitGatewayOwnerId", ""), found[0].get("ResourceOwnerId", "")
    others = tuple(sorted({gateway, resource} - {question.account, ""}))
    if not others:
        return confirmed("both sides belong to the account itself")
    said = f"the gateway belongs to account {gateway}, the {found[0].get('ResourceType', 'other side')} to {resource}"
    return Answer(said, Confidence.CONFIRMED, Severity.HIGH, others)


JOINED_NETWORKS = Lookup(
    answer=joined_networks,
    doc="HIGH when a stranger owns a side; never closed",
    actions=("ec2:DescribeTransitGatewayAttachments",),
)
