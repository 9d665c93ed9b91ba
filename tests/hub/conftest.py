"""An emulated hub: its two tables, and findings to put into them."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from moto import mock_aws

from contract.finding import Finding, Severity
from hub.store.findings import FindingStore
from hub.store.schema import FINDINGS, STATE, definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REGION = "eu-central-1"
ACCOUNT = "111122223333"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield botocore.session.get_session().create_client


@pytest.fixture
def dynamodb(aws: Callable[[str], Any]) -> "DynamoDBClient":
    client: DynamoDBClient = aws("dynamodb")
    client.create_table(
        TableName="findings",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        **definition(FINDINGS),
    )
    client.create_table(TableName="state", **definition(STATE))
    return client


@pytest.fixture
def store(dynamodb: "DynamoDBClient") -> FindingStore:
    return FindingStore(dynamodb, "findings")


@pytest.fixture
def finding() -> Callable[..., Finding]:
    """Make a finding; what is not said is usual."""

    def made(identifier: str = "f1", **changes: Any) -> Finding:
        usual: dict[str, Any] = {
            "detection": "iam.access_key_created",
            "title": "Access key created for alice",
            "severity": Severity.HIGH,
            "account": ACCOUNT,
            "region": "us-east-1",
            "resource": f"arn:aws:iam::{ACCOUNT}:user/alice",
            "first_seen": "2026-11-20T09:00:00.000000Z",
            "updated_at": "2026-11-20T09:00:00.000000Z",
            "observed_at": "2026-11-20T09:00:05.000000Z",
        }
        return Finding(id=identifier, **{**usual, **changes})

    return made


class Calls:
    """The calls that a client made, by operation."""

    def __init__(self, client: Any) -> None:
        self.made: list[tuple[str, dict[str, Any]]] = []
        client.meta.events.register("provide-client-params.*.*", self._note)

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.made.append((model.name, params))

    def count(self, operation: str) -> int:
        return sum(name == operation for name, _ in self.made)


@pytest.fixture
def calls(dynamodb: "DynamoDBClient") -> Calls:
    return Calls(dynamodb)
