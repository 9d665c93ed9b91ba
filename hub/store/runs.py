"""Runs of the sync with Security Hub, in the state table: how far each came, so that the next call goes on."""

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from contract.names import checkpoint_key
from hub.store.attributes import number, to_item
from hub.store.documents import document_item, document_of, is_put, key_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Kind(StrEnum):
    """What a run reads: what was updated since the last one, or all that is active."""

    CHANGES = "changes"
    EVERYTHING = "everything"


class Phase(StrEnum):
    """Where a run is."""

    READING = "reading"
    FORGETTING = "forgetting"
    DONE = "done"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run and how far it is; times are `contract.clock.iso` text.

    It reads what was updated from `reached` to `until`, oldest first, then (of everything) looks for what Security Hub
    forgot, page after page (`cursor`). `step` counts the calls that it took, `gone` what was forgotten,
    `refused` what cannot be stored.
    """

    kind: Kind
    started: str
    touched: str
    reached: str
    until: str
    phase: Phase = Phase.READING
    cursor: str | None = None
    step: int = 0
    findings: int = 0
    changed: int = 0
    gone: int = 0
    refused: int = 0

    @property
    def is_done(self) -> bool:
        """Whether it came to its end."""
        return self.phase is Phase.DONE


class RunStore:
    """The last run of each kind."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def read(self, kind: Kind) -> tuple[Run | None, int]:
        """Return the last run of a kind, and its revision; None and 0 before the first."""
        key = key_item(checkpoint_key(f"sync#{kind}"))
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return (document_of(item, Run), number(item, "revision")) if item else (None, 0)

    def is_written(self, run: Run, revision: int) -> bool:
        """Write how far a run is; False when somebody else took it further since `revision`."""
        item = document_item(checkpoint_key(f"sync#{run.kind}"), run)
        return is_put(self._client, self._table, {**item, **to_item({"revision": revision + 1})}, revision)
