"""What became of each finding since it was found: who changed what, when."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from contract.finding import Finding
from contract.names import history_key
from hub.store.attributes import Item, to_item
from hub.store.documents import document_item, document_of, read_partition
from hub.store.schema import TTL_ATTRIBUTE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT = timedelta(days=400)
PEOPLES = ("workflow", "assignee", "suppression", "workflow_until", "note")
_FOLLOWED = ("status", "severity", *PEOPLES)


class Entry(msgspec.Struct, frozen=True):
    """A change of a finding: its revision since, when, by whom (empty: by its provider), field → before and after."""

    revision: int
    at: str
    by: str
    changes: dict[str, tuple[str, str]]
    is_told_here: bool = False

    @property
    def is_peoples(self) -> bool:
        """Whether somebody did something about the finding, rather than its provider."""
        return not self.changes.keys().isdisjoint(PEOPLES)


def entry_of(before: Finding, after: Finding, revision: int) -> Entry | None:
    """Return what a change is remembered as; None when nothing that people follow changed."""
    values = {name: (str(getattr(before, name)), str(getattr(after, name))) for name in _FOLLOWED}
    changes = {name: pair for name, pair in values.items() if pair[0] != pair[1]}
    if not changes:
        return None
    if changes.keys().isdisjoint(PEOPLES):
        return Entry(revision, after.observed_at, "", changes)
    return Entry(revision, after.acted_at or after.workflow_at, after.workflow_by, changes, after.is_told_here)


def history_item(finding_id: str, entry: Entry) -> Item:
    """Return the item under which a change of a finding is remembered."""
    forgotten = datetime.fromisoformat(entry.at) + _KEPT
    return {
        **document_item(history_key(finding_id, entry.at, entry.revision), entry),
        **to_item({TTL_ATTRIBUTE: int(forgotten.timestamp())}),
    }


class HistoryStore:
    """The histories of findings in the state table, for 400 days."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def add(self, finding_id: str, entry: Entry) -> None:
        """Remember a change; again is no change."""
        self._client.put_item(TableName=self._table, Item=history_item(finding_id, entry))

    def of(self, finding_id: str) -> list[Entry]:
        """Return a finding's changes, oldest first."""
        partition, _ = history_key(finding_id, "", 0)
        return [document_of(item, Entry) for item in read_partition(self._client, self._table, partition)]
