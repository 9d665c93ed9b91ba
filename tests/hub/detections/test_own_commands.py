"""The agent installer's own commands raise nothing, and its role running anything else does."""

import json
from typing import Any

import pytest

from contract.cloudtrail import wrapped
from hub.detections.catalogue import DETECTIONS
from hub.detections.engine import Engine
from tests.hub.detections.test_engine import session_of

ROLE = "muster-spoke-agent-install-eu-west-1"


def sent(document: str) -> dict[str, Any]:
    record = {
        "eventSource": "ssm.amazonaws.com",
        "eventName": "SendCommand",
        "awsRegion": "eu-west-1",
        "eventID": "0aa1b2c3-0000-4000-8000-000000000001",
        "eventTime": "2026-11-20T11:00:00Z",
        "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333",
        "sourceIPAddress": "192.0.2.1",
        "userAgent": "Boto3",
        "requestParameters": {"documentName": document, "instanceIds": ["i-0123456789abcdef0"]},
        "responseElements": None,
        "userIdentity": {**session_of(ROLE), "accountId": "111122223333"},
    }
    return wrapped(json.loads(json.dumps(record)))


@pytest.mark.parametrize(
    ("document", "raised"),
    [("muster-spoke-agent-install", False), ("muster-spoke-agent-uninstall", False), ("AWS-RunShellScript", True)],
)
def test_only_other_documents_are_worth_a_finding(document: str, raised: bool) -> None:
    verdict = Engine(DETECTIONS).judge(sent(document), "2026-11-20T11:00:05Z")
    assert bool(verdict.findings) is raised
