"""Instances as Systems Manager sees them: which are registered, what runs on them, and whether they answer.

An instance with an instance profile registers a moment after it runs, one without never; a control endpoint changes
that. Source: Systems Manager API reference, DescribeInstanceInformation.
"""

import shutil
import tempfile
import time
from collections import deque
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import ec2, iam

from localorg.answers import ApiError
from localorg.ssm.documents import Body, Place, here

SYSTEMS = {
    "Linux": "Amazon Linux 2023",
    "Windows": "Microsoft Windows Server 2022 Datacenter 10.0.20348",
    "MacOS": "macOS 14.5",
}
PINGS = ("Online", "ConnectionLost")
FILTERS = ("InstanceIds", "PingStatus", "PlatformTypes", "ResourceType")
AGENT_VERSION = "3.3.1611.0"
SMALLEST, PAGE, LARGEST = 5, 10, 50
REGISTERS_AFTER = 0.3  # seconds
RUNNING_SINCE, WAS_MANAGED = "_running_since", "_was_managed"


class NodeError(ValueError):
    """A node that cannot be as it was asked for."""


@dataclass(frozen=True)
class Settings:
    """How a node behaves: seconds until it registers (None: never), files by name, and what commands answer.

    `outputs` are `{"exit": int, "output": str}`; the next of them stands for a script's run, the last one for all later
    runs. Without them a script runs on Linux, and succeeds without a word elsewhere.
    """

    platform: str = "Linux"
    system: str = ""
    registers_after: float | None = REGISTERS_AFTER
    ping: str = "Online"
    files: dict[str, str] = field(default_factory=dict)
    outputs: deque[dict[str, Any]] = field(default_factory=deque)


class Scratch:
    """Where the nodes' directories are, once one is needed."""

    @cached_property
    def path(self) -> Path:
        """A directory of this process."""
        return Path(tempfile.mkdtemp(prefix="localorg-nodes-"))

    def remove(self) -> None:
        """Delete what was made."""
        if "path" in vars(self):
            shutil.rmtree(self.path, ignore_errors=True)


SCRATCH = Scratch()
# By account, Region and instance; an empty instance stands for all of the place that have none of their own.
SETTINGS: dict[tuple[str, str, str], Settings] = {}


@dataclass(frozen=True)
class Node:
    """An instance of the current account and Region; `record` is MiniStack's."""

    place: Place
    record: dict[str, Any]

    @property
    def instance(self) -> str:
        """The instance's id."""
        return str(self.record["InstanceId"])

    @property
    def settings(self) -> Settings:
        """How it behaves."""
        return _settings(*self.place, self.instance)

    @property
    def state(self) -> str:
        """EC2's word."""
        return str(self.record["State"]["Name"])

    @property
    def is_registered(self) -> bool:
        """Whether Systems Manager knows it: since it answered for the first time, until it is terminated."""
        if self.state == "terminated" or self.settings.registers_after is None or not self.profile:
            return False
        if self.state == "running" and self._is_up():
            self.record[WAS_MANAGED] = True
        return bool(self.record.get(WAS_MANAGED))

    @property
    def is_online(self) -> bool:
        """Whether it answers now."""
        is_running = self.state == "running" and self.is_registered
        return is_running and self._is_up() and self.settings.ping == "Online"

    @property
    def profile(self) -> str:
        """The ARN of its instance profile; empty without one."""
        return str((self.record.get("IamInstanceProfile") or {}).get("Arn", ""))

    @property
    def role(self) -> str:
        """The ARN of its profile's role; empty without one."""
        found = iam._lookup_instance_profile(arn=self.profile) if self.profile else None
        names = [role if isinstance(role, str) else role["RoleName"] for role in (found or {}).get("Roles", [])]
        return str(iam._roles[names[0]]["Arn"]) if names and names[0] in iam._roles else ""

    @property
    def directory(self) -> Path:
        """Where its commands run, with the files that it was given."""
        path = SCRATCH.path.joinpath(*self.place, self.instance)
        if not path.exists():
            for name in ("bin", "tmp"):
                (path / name).mkdir(parents=True, exist_ok=True)
            write(path, self.settings.files)
        return path

    def _is_up(self) -> bool:
        since = self.record.setdefault(RUNNING_SINCE, time.time())
        return bool(time.time() - since >= (self.settings.registers_after or 0))


def find(instance: str) -> Node | None:
    """The node of an instance of the current account and Region; None when there is no such instance."""
    record = ec2._instances.get(instance)
    return Node(here(), record) if record else None


def registered() -> list[Node]:
    """The nodes of the current account and Region, by id."""
    known = (Node(here(), record) for record in list(ec2._instances.values()))
    return sorted((node for node in known if node.is_registered), key=lambda node: node.instance)


def configure(request: dict[str, Any]) -> dict[str, Any]:
    """Change how a node behaves, or without `instance` all that have no settings of their own; answers with it.

    NodeError for what no node can be, KeyError without account and Region.
    """
    account, region, instance = request["account"], request["region"], request.get("instance", "")
    names = {one.name for one in fields(Settings)}
    if unknown := set(request) - names - {"account", "region", "instance"}:
        raise NodeError(f"a node has no {', '.join(sorted(unknown))}")
    changes = {name: value for name, value in request.items() if name in names}
    _check(changes)
    if "outputs" in changes:
        changes["outputs"] = deque(changes["outputs"])
    made = SETTINGS[account, region, instance] = replace(_settings(account, region, instance), **changes)
    with request_scope(account, region):
        node = find(instance)
        if node:
            write(node.directory, made.files)
        shown = {name: getattr(made, name) for name in sorted(names)}
        return {**shown, "outputs": list(made.outputs), "directory": str(node.directory) if node else None}


def write(directory: Path, files: dict[str, str]) -> None:
    """Put files into a node's directory; those in `bin` may be run."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if name.startswith("bin/") else 0o644)


def describe(body: Body) -> Body:
    """DescribeInstanceInformation: by filters, in pages."""
    size = int(body.get("MaxResults") or PAGE)
    if not SMALLEST <= size <= LARGEST:
        raise ApiError("ValidationException", f"MaxResults must be between {SMALLEST} and {LARGEST}")
    wanted = {one.get("Key") or one["key"]: one.get("Values") or one["valueSet"] for one in _filters(body)}
    if unknown := [key for key in wanted if key not in FILTERS]:
        raise ApiError("InvalidFilterKey", f"The filter key {unknown[0]} is not emulated.")
    begin = _begin(str(body.get("NextToken") or "0"))
    shown = [one for one in map(_described, registered()) if all(_value(one, key) in wanted[key] for key in wanted)]
    more = {"NextToken": str(begin + size)} if len(shown) > begin + size else {}
    return {"InstanceInformationList": shown[begin : begin + size], **more}


def _filters(body: Body) -> list[Body]:
    return [*(body.get("Filters") or ()), *(body.get("InstanceInformationFilterList") or ())]


def _begin(token: str) -> int:
    if not token.isdecimal():
        raise ApiError("InvalidNextToken", "The specified token isn't valid.")
    return int(token)


def _value(shown: Body, key: str) -> str:
    return str(shown[{"InstanceIds": "InstanceId", "PlatformTypes": "PlatformType"}.get(key, key)])


def _described(node: Node) -> Body:
    name, _, version = (node.settings.system or SYSTEMS[node.settings.platform]).rpartition(" ")
    return {
        "InstanceId": node.instance,
        "PingStatus": "Online" if node.is_online else "ConnectionLost",
        "LastPingDateTime": time.time(),
        "AgentVersion": AGENT_VERSION,
        "IsLatestVersion": True,
        "PlatformType": node.settings.platform,
        "PlatformName": name or version,
        "PlatformVersion": version if name else "",
        "ResourceType": "EC2Instance",
        "IPAddress": node.record.get("PrivateIpAddress", ""),
        "ComputerName": node.record.get("PrivateDnsName", ""),
        "SourceId": node.instance,
        "SourceType": "AWS::EC2::Instance",
    }


def _settings(account: str, region: str, instance: str) -> Settings:
    found = SETTINGS.get((account, region, instance)) or SETTINGS.get((account, region, ""))
    return found or Settings()


def _check(changes: dict[str, Any]) -> None:
    if changes.get("platform", "Linux") not in SYSTEMS:
        raise NodeError(f"platform must be one of {', '.join(SYSTEMS)}")
    if changes.get("ping", "Online") not in PINGS:
        raise NodeError(f"ping must be one of {', '.join(PINGS)}")
    for name in changes.get("files") or {}:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise NodeError(f"the file {name} would be outside the node's directory")
    for one in changes.get("outputs") or ():
        if not isinstance(one, dict) or set(one) - {"exit", "output"}:
            raise NodeError('an output is {"exit": number, "output": text}')
