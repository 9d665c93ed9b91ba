"""What a spoke of this version publishes, as the hub gets it: the events that later hubs must still take."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from contract.agents import AgentState, Reason, Via
from contract.names import (
    AGENT_STATUS,
    HEARTBEAT,
    LAMBDA_RESULT,
    LAMBDA_SOURCE,
    RETENTION_REPORT,
    TAGGING_RESULT,
    USUAL_NAMES,
    VERSION,
    partition_of,
)
from contract.spoke_events import (
    AgentStatus,
    BackupFailure,
    DueBackup,
    Heartbeat,
    Job,
    RetentionReport,
    SpokeEvent,
    TaggingFailure,
    TaggingResult,
)
from generator.third_party import ROOT
from spoke.reports import entry_of

_ACCOUNT, _HOME = "444455556666", "eu-central-1"
_SPOKE: dict[str, Any] = {"account": _ACCOUNT, "region": "eu-west-1", "version": VERSION}
_WELL = {"dead letters": "", "roles": "", "rules": "", "trail": ""}
_BEAT: dict[str, Any] = {**_SPOKE, "config_hash": "0123456789abcdef", "interval_seconds": 3_600}
_TAGGED: dict[str, Any] = {
    **_SPOKE,
    "api_call": "ec2.amazonaws.com:RunInstances",
    "event_id": "7d0a2c5e-6f0e-4d7e-9f43-0123456789ab",
    "created_by": "alice@example.com",
    "created_at": "2026-11-20T08:59:55.000000Z",
}
_EC2 = f"arn:{partition_of(_HOME)}:ec2:eu-west-1:{_ACCOUNT}"
_ARNS = (f"{_EC2}:instance/i-0123456789abcdef0", f"{_EC2}:volume/vol-0123456789abcdef0")
_SNAPSHOT = "snap-0123456789abcdef0"
_RUN: dict[str, Any] = {
    **_SPOKE,
    "run": "7d0a2c5e-6f0e-4d7e-9f43-0123456789ab",
    "interval_seconds": 86_400,
    "started_at": "2026-11-20T08:59:55.000000Z",
    "seconds": 4.2,
    "peak_memory_mb": 91,
    "images": 3,
    "snapshots": 7,
    "failed": 1,
    "failures": (BackupFailure(_SNAPSHOT, "UnauthorizedOperation: no"),),
    "due": 1,
    "due_gib": 8.0,
    "due_cost": 0.4,
    "examples": (DueBackup(_SNAPSHOT, "2026-11-01", 8.0, "shared"),),
}
_TAGGING = RetentionReport(
    **_RUN,
    job=Job.TAGGING,
    retention="90days",
    amis_tagged=1,
    snapshots_tagged=2,
    unreadable=1,
    delete_on={"2027-02-18": 3},
    skipped={"forever": 1},
)
_EXPIRY = RetentionReport(
    **_RUN,
    job=Job.EXPIRY,
    mode="delete",
    kept={"shared": 1},
    marked=2,
    unmarked=1,
    deleted=1,
    deleted_gib=8.0,
    deleted_cost=0.4,
    is_whole=False,
)
_INSTANCE: dict[str, Any] = {
    **_SPOKE,
    "instance": "i-0123456789abcdef0",
    "via": Via.START,
    "at": "2026-11-20T08:59:55.000000Z",
    "since": "2026-11-20T08:57:12.000000Z",
    "instance_name": "shop-7",
    "platform": "Linux",
    "agent": "Trend Micro",
    "command": "7d0a2c5e-6f0e-4d7e-9f43-0123456789ab",
}
_INSTALLED = AgentStatus(**_INSTANCE, state=AgentState.INSTALLED, reason=Reason.FRESH, agent_version="20.0.1-14610")
_FAILED = AgentStatus(
    **_INSTANCE,
    state=AgentState.FAILED,
    reason=Reason.SCRIPT_FAILED,
    exit_code=8,
    details="the script ended with exit code 8",
    output="Cannot reach the console",
)
_KEPT = AgentStatus(
    **_INSTANCE,
    state=AgentState.FAILED,
    reason=Reason.UNINSTALL_FAILED,
    exit_code=1,
    is_unchanged=True,
)
_GONE = AgentStatus(**_INSTANCE, state=AgentState.GONE, reason=Reason.TERMINATED)
_BROKEN: dict[str, Any] = {**_SPOKE, "run": "1", "interval_seconds": 3_600, "error": "ClientError: no"}

REPORTS: Mapping[str, tuple[str, SpokeEvent]] = {
    "heartbeat-well": (HEARTBEAT, Heartbeat(**_BEAT, checks=_WELL, settings_hash="fedcba9876543210")),
    "heartbeat-unwell": (HEARTBEAT, Heartbeat(**_BEAT, checks={**_WELL, "trail": "no trail logs management events"})),
    "heartbeat-without-checks": (HEARTBEAT, Heartbeat(**_BEAT)),
    "tagging-result-tagged": (TAGGING_RESULT, TaggingResult(**_TAGGED, tagged=_ARNS, lag_seconds=4.2)),
    "tagging-result-failed": (
        TAGGING_RESULT,
        TaggingResult(**_TAGGED, failed=tuple(TaggingFailure(arn, "UnauthorizedOperation") for arn in _ARNS)),
    ),
    "agent-status-installed": (AGENT_STATUS, _INSTALLED),
    "agent-status-failed": (AGENT_STATUS, _FAILED),
    "agent-status-unchanged": (AGENT_STATUS, _KEPT),
    "agent-status-gone": (AGENT_STATUS, _GONE),
    "retention-report-tagging": (RETENTION_REPORT, _TAGGING),
    "retention-report-expiry": (RETENTION_REPORT, _EXPIRY),
    "retention-report-error": (RETENTION_REPORT, RetentionReport(**_BROKEN, job=Job.TAGGING)),
}
# One of each way to the hub: signing in, root, a call, a refused call.
FORWARDED = ("14-root-console-login", "15-root-create-access-key", "17-create-user", "43-stop-logging-refused")


def published(spoke: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each event's name and what the hub gets; last `senders`, who may put them on which bus.

    `spoke` is the spokes' template.
    """
    for name, (kind, report) in REPORTS.items():
        yield name, _received(entry_of(kind, report, USUAL_NAMES.bus))
    yield "tagging-result-handed-over", _handed_over(REPORTS["tagging-result-tagged"][1])
    for name in FORWARDED:
        # EventBridge hands the event over as it is: a target on another account's bus has no transformer.
        path = ROOT / "localorg" / "events" / f"{name}.json"
        yield f"forwarded-{name.partition('-')[2]}", json.loads(path.read_bytes())
    yield "senders", dict(_senders(spoke))


def _received(entry: Mapping[str, str]) -> dict[str, Any]:
    """Return an entry of PutEvents as the rules of the bus hand it to a queue."""
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": _ACCOUNT,
        "time": "2026-11-20T09:00:00Z",
        "region": _HOME,
        "resources": [],
        "detail": json.loads(entry["Detail"]),
    }


def _handed_over(result: SpokeEvent) -> dict[str, Any]:
    """Return what Lambda publishes of a function that returned a result, without the event that it was called with."""
    payload = msgspec.json.encode({"responsePayload": result}).decode()
    entry = {"Source": LAMBDA_SOURCE, "DetailType": LAMBDA_RESULT, "Detail": payload}
    return _received(entry)


def _senders(spoke: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the names of the spokes' roles that put events on a bus, each with the addresses of the buses."""
    for one in spoke["Resources"].values():
        policies = one["Properties"].get("Policies", []) if one["Type"] == "AWS::IAM::Role" else []
        for statement in (held for policy in policies for held in policy["PolicyDocument"]["Statement"]):
            if "events:PutEvents" in statement["Action"]:
                buses = [bus["Fn::Sub"] for bus in statement["Resource"]]
                if not buses[0].endswith("event-bus/default"):  # the spoke's own
                    yield one["Properties"]["RoleName"]["Fn::Sub"], buses
