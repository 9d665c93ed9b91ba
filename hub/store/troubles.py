"""What is wrong with the channels, as it was seen last: one item of the state table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from contract.names import checkpoint_key
from hub.store.documents import document_item, read_document

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEY = checkpoint_key("channels")


class Trouble(msgspec.Struct, frozen=True):
    """What is wrong with a channel, and what mends it. `is_fatal`: nothing gets through."""

    channel: str
    text: str
    mend: str = ""
    is_fatal: bool = True


class _Seen(msgspec.Struct, frozen=True):
    troubles: list[Trouble]


class TroubleStore:
    """The last look at the channels."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def replace(self, troubles: Sequence[Trouble]) -> None:
        """Store what is wrong in place of what was."""
        self._client.put_item(TableName=self._table, Item=document_item(_KEY, _Seen(list(troubles))))

    def all(self) -> list[Trouble]:
        """Return what is wrong; nothing before the first look."""
        seen = read_document(self._client, self._table, _KEY, _Seen)
        return seen.troubles if seen else []
