"""What Systems Manager knows of an instance: whether a command reaches it, and if not, why."""

from typing import Any

import msgspec

from contract.agents import Platform, Reason
from spoke.agent_installer.instances import Instance

ONLINE = "Online"
_PLATFORMS = {one.value: one for one in Platform}
# Their root file systems are read-only, or they are no computers of the customer's: no script installs anything there.
_UNSUPPORTED = ("bottlerocket",)


class Readiness(msgspec.Struct, frozen=True):
    """Whether a command can be sent: no reason. `is_final` says that waiting does not help."""

    platform: str = ""
    system: str = ""
    reason: Reason | None = None
    details: str = ""
    is_final: bool = False


def readiness(ssm: Any, instance: Instance) -> Readiness:
    """Return whether an instance can be sent commands. An instance that SSM does not know may register later.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html
    """
    wanted = [{"Key": "InstanceIds", "Values": [instance.id]}]
    known = ssm.describe_instance_information(Filters=wanted, MaxResults=50)["InstanceInformationList"]
    if not known:
        return _unknown(instance)
    (one, *_) = known
    platform, system = one.get("PlatformType", ""), f"{one.get('PlatformName', '')} {one.get('PlatformVersion', '')}"
    if platform not in _PLATFORMS or any(word in system.lower() for word in _UNSUPPORTED):
        return Readiness(platform, system.strip(), Reason.UNSUPPORTED_PLATFORM, system.strip(), is_final=True)
    if one.get("PingStatus") != ONLINE:
        return Readiness(platform, system.strip(), Reason.CONNECTION_LOST, f"Systems Manager: {one.get('PingStatus')}")
    return Readiness(platform, system.strip())


def _unknown(instance: Instance) -> Readiness:
    """Default Host Management manages instances without a profile too, but that may take half an hour."""
    reason = Reason.NEVER_REGISTERED if instance.profile else Reason.NO_INSTANCE_PROFILE
    return Readiness(reason=reason)
