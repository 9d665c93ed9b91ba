"""What the world gets of instances, disks and images."""

from collections.abc import Iterator
from typing import Any

from hub.lookups.lookup import Answer, Clients, Lookup, NotYetError, Question, confirmed, refuted, undecided


def public_instance(question: Question, clients: Clients) -> Answer:
    """Answer by the instance's address, which it has only once it runs, or by its network interface's."""
    if ":network-interface/" in question.resource:
        return _public_interface(question, clients)
    if ":instance/" not in question.resource:
        return undecided("the event names no instance")
    (reservation,) = clients("ec2").describe_instances(InstanceIds=[question.name])["Reservations"]
    (instance,) = reservation["Instances"]
    if addresses := sorted(set(_addresses(instance))):
        groups = ", ".join(one["GroupId"] for one in instance.get("SecurityGroups", []))
        return confirmed(f"public address {', '.join(addresses)}; security groups: {groups or 'none'}")
    if instance["State"]["Name"] == "pending":
        raise NotYetError(f"{question.name} is still starting")
    return refuted("the instance has no public address")


def _public_interface(question: Question, clients: Clients) -> Answer:
    (interface,) = clients("ec2").describe_network_interfaces(NetworkInterfaceIds=[question.name])["NetworkInterfaces"]
    if addresses := sorted(set(_interface_addresses(interface))):
        carrier = interface.get("Attachment", {}).get("InstanceId", "no instance")
        groups = ", ".join(one["GroupId"] for one in interface.get("Groups", []))
        return confirmed(f"public address {', '.join(addresses)} on {carrier}; security groups: {groups or 'none'}")
    return refuted("the network interface has no public address")


def _addresses(instance: dict[str, Any]) -> Iterator[str]:
    """Yield the instance's public addresses: those of further interfaces and private addresses count too."""
    if address := instance.get("PublicIpAddress"):
        yield address
    for one in instance.get("NetworkInterfaces", []):
        yield from _interface_addresses(one)


def _interface_addresses(interface: dict[str, Any]) -> Iterator[str]:
    for one in interface.get("PrivateIpAddresses", []):
        if address := one.get("Association", {}).get("PublicIp"):
            yield address


def public_snapshot(question: Question, clients: Clients) -> Answer:
    """Answer by the account's guard, which alone holds back what is public already.

    EBS guide, "Block public access for Amazon EBS snapshots": only `block-all-sharing` treats public ones as private.
    """
    state = clients("ec2").get_snapshot_block_public_access_state()["State"]
    if state == "block-all-sharing":
        return refuted(f"the account keeps every snapshot in {question.region} private (block-all-sharing)")
    return confirmed(f"the account's block of public snapshots in {question.region} does not hold it back ({state})")


def public_image(question: Question, clients: Clients) -> Answer:
    """Answer by what EC2 says of the image: the account's block never makes a public one private."""
    found = clients("ec2").describe_images(ImageIds=[question.name])["Images"]
    if not found:
        return undecided(f"EC2 does not know {question.name}")
    return confirmed("EC2 shows it to everybody") if found[0].get("Public") else refuted("EC2 does not call it public")


PUBLIC_INSTANCE = Lookup(
    answer=public_instance,
    doc="closed when the instance, once it runs, or the network interface has no public address",
    actions=("ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces"),
)
PUBLIC_SNAPSHOT = Lookup(
    answer=public_snapshot,
    doc="closed when the account treats its public snapshots as private (`block-all-sharing`)",
    actions=("ec2:GetSnapshotBlockPublicAccessState",),
)
PUBLIC_IMAGE = Lookup(
    answer=public_image, doc="closed when EC2 does not call the image public", actions=("ec2:DescribeImages",)
)
