"""The agent installer without AWS: an EC2 with instances, a Systems Manager with nodes, and what the hub was told."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from spoke.agent_installer import capture, check, install, result, scan

ID = "i-0123456789abcdef0"
ENVIRONMENT = {
    "HUB_BUS_ARN": "arn:aws:events:us-east-1:999999999999:event-bus/muster",
    "PREFIX": "muster",
    "ARTEFACT_BUCKET": "muster-artefacts-999999999999-eu-central-1",
    "AGENT_NAME": "Trend Micro",
    "AGENT_QUEUE_URL": "https://queue.example/muster-spoke-agent-result-dlq",
    "REGISTRATION_SECONDS": "1800",
    "AGENT_SCAN_MACHINE": "arn:aws:states:eu-central-1:111122223333:stateMachine:muster-spoke-agent-scan",
    "AGENT_START_MACHINE": "arn:aws:states:eu-central-1:111122223333:stateMachine:muster-spoke-agent-start",
}
PARAMETERS = {
    "bucket": "muster-artefacts-999999999999-eu-central-1",
    "tags": "NONE",
    "scope": "all",
    "excluded-tags": "Agent:no",
    "linux-sha256": "a" * 64,
    "windows-sha256": "b" * 64,
    "linux-uninstall-sha256": "c" * 64,
}
MODULES: tuple[ModuleType, ...] = (scan, capture, check, install, result)


def refusal(code: str, status: int = 400) -> ClientError:
    """Return what a service answers when it refuses."""
    return ClientError(
        {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Call"
    )


def instance(identity: str = ID, state: str = "running", *, profile: bool = True, **tags: str) -> dict[str, Any]:
    """Return an instance as EC2 describes it."""
    return {
        "InstanceId": identity,
        "State": {"Name": state},
        "LaunchTime": datetime(2026, 11, 20, 10, 0, tzinfo=UTC),
        "Tags": [{"Key": key, "Value": value} for key, value in {"Name": "web", **tags}.items()],
        **({"IamInstanceProfile": {"Arn": "arn:aws:iam::111122223333:instance-profile/any"}} if profile else {}),
    }


def described(*instances: dict[str, Any], following: str = "") -> dict[str, Any]:
    """Return an answer of DescribeInstances."""
    more = {"NextToken": following} if following else {}
    return {"Reservations": [{"Instances": [one]} for one in instances], **more}


def node(ping: str = "Online", platform: str = "Linux", system: str = "Amazon Linux") -> dict[str, Any]:
    """Return an answer of DescribeInstanceInformation."""
    last = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    known = {"PingStatus": ping, "PlatformType": platform, "PlatformName": system, "LastPingDateTime": last}
    return {"InstanceInformationList": [{"InstanceId": ID, **known}]}


@pytest.fixture(autouse=True)
def installer(aws: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every function work with the remembering AWS, in which one instance runs and is reached."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for module in MODULES:
        monkeypatch.setattr(module, "client", aws.client)
        module._settings.cache_clear()
    listed = [{"Name": f"/muster/agent/{name}", "Value": value} for name, value in PARAMETERS.items()]
    aws.answers |= {
        "get_parameters_by_path": {"Parameters": listed},
        "get_object": lambda **_: {"Body": io.BytesIO(b"{}")},
        "describe_instances": described(instance()),
        "describe_instance_information": node(),
        "send_command": {"Command": {"CommandId": "11111111-2222-3333-4444-555555555555"}},
        "put_events": lambda Entries: {"FailedEntryCount": 0, "Entries": [{} for _ in Entries]},  # noqa: N803 - boto's name
    }
    yield
    for module in MODULES:
        module._settings.cache_clear()


@pytest.fixture
def reports(aws: Any) -> Callable[[], list[dict[str, Any]]]:
    """Return what the hub was told so far."""

    def told() -> list[dict[str, Any]]:
        entries = [entry for call in aws.named("put_events") for entry in call["Entries"]]
        assert {entry["DetailType"] for entry in entries} <= {"Muster Agent Status"}
        return [json.loads(entry["Detail"]) for entry in entries]

    return told


@pytest.fixture
def call(context: SimpleNamespace) -> Callable[..., Any]:
    """Return a caller of a handler, whose answer goes through JSON as Step Functions has it."""
    return lambda handler, **event: json.loads(json.dumps(handler(event, context)))
