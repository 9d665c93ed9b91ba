"""What Systems Manager says of an instance, and what that means for it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from contract.agents import AgentState, Platform, Reason, Via
from spoke.agent_installer.work import Next, Work

_ONLINE = "Online"
_PLATFORMS = {one.value for one in Platform}
# Its Systems Manager agent lives in a container without the host's packages.
_CONTAINER_SYSTEMS = ("Bottlerocket",)
_SHORTEST_PAUSE, _LONGEST_PAUSE = 30, 300


class Readiness(msgspec.Struct, frozen=True):
    """What happens next with an instance, and when that is the end: its state, why, and in words what was seen."""

    next: Next
    wait: int = 0
    platform: str = ""
    state: AgentState = AgentState.UNMANAGED
    reason: Reason = Reason.NEVER_REGISTERED
    details: str = ""


def node_of(ssm: Any, instance: str) -> Mapping[str, Any] | None:
    """Return what Systems Manager knows of an instance; nothing when it is not registered."""
    wanted = [{"Key": "InstanceIds", "Values": [instance]}]
    # A page may be empty and not the last.
    pages = ssm.get_paginator("describe_instance_information").paginate(Filters=wanted)
    return next((node for page in pages for node in page["InstanceInformationList"]), None)


def readiness(work: Work, node: Mapping[str, Any] | None, limit: int) -> Readiness:
    """Return what happens next; an instance that was started is waited for until `limit` seconds are over."""
    if node and node["PingStatus"] == _ONLINE:
        return _of_system(node)
    if work.via is Via.START and work.waited < limit:
        return Readiness(Next.WAIT, _pause(work, limit))
    return _lost(node) if node else _unregistered(work)


def _of_system(node: Mapping[str, Any]) -> Readiness:
    platform, system = str(node.get("PlatformType", "")), str(node.get("PlatformName", ""))
    if platform in _PLATFORMS and not system.startswith(_CONTAINER_SYSTEMS):
        return Readiness(Next.GO, platform=platform)
    return Readiness(
        Next.END,
        platform=platform,
        reason=Reason.UNSUPPORTED_PLATFORM,
        details=f"{system or platform or 'its system'} cannot run the agent's script",
    )


def _lost(node: Mapping[str, Any]) -> Readiness:
    last = node.get("LastPingDateTime")
    when = f"; it last answered at {last:%Y-%m-%dT%H:%M:%SZ}" if last else ""
    return Readiness(
        Next.END,
        platform=str(node.get("PlatformType", "")),
        reason=Reason.CONNECTION_LOST,
        details=f"Systems Manager says {node['PingStatus']}{when}",
    )


def _unregistered(work: Work) -> Readiness:
    waited = f" in {round(work.waited / 60)} minutes" if work.waited else ""
    said = f"it did not register with Systems Manager{waited}"
    if work.has_profile:
        return Readiness(Next.END, platform=work.platform, details=said)
    return Readiness(Next.END, platform=work.platform, reason=Reason.NO_INSTANCE_PROFILE, details=said)


def _pause(work: Work, limit: int) -> int:
    """Return the next pause, half of what was waited so far: a quick start is seen quickly, a slow one costs little."""
    return min(max(_SHORTEST_PAUSE, work.waited // 2), _LONGEST_PAUSE, limit - work.waited)
