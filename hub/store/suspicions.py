"""Counters that differed from the findings in one recount and wait for the next, in the state table."""

from typing import TYPE_CHECKING

import msgspec

from contract.names import checkpoint_key
from hub.store.documents import document_item, read_document
from hub.store.recount import Counted

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Suspicion(msgspec.Struct, frozen=True):
    """A counter that said one number where another number of findings was found."""

    what: Counted
    said: int
    found: int


class Suspicions(msgspec.Struct, frozen=True):
    """Those of a recount; `at` is `contract.clock.iso` text."""

    at: str
    suspicions: tuple[Suspicion, ...]


class SuspicionStore:
    """The suspicions of the last recount."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def read(self) -> Suspicions | None:
        """Return them, or None before the first recount."""
        return read_document(self._client, self._table, checkpoint_key("recount"), Suspicions)

    def write(self, suspicions: Suspicions) -> None:
        """Replace them."""
        self._client.put_item(TableName=self._table, Item=document_item(checkpoint_key("recount"), suspicions))
