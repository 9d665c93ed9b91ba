"""The store of findings."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from contract.finding import Finding
from contract.names import RESOURCE_INDEX
from hub.store.attributes import Item, number, text, to_item
from hub.store.batches import read_items
from hub.store.decisions import Decision, after
from hub.store.documents import is_put
from hub.store.items import finding_of, item_of, row_of
from hub.store.merge import joined, merge
from hub.store.query import FindingQuery, Page
from hub.store.schema import TTL_ATTRIBUTE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["Change", "FindingNotFoundError", "FindingQuery", "FindingStore", "Page", "UpsertError"]

_RACES = 10
# Enough for a detection of which few findings are open, in one request a bucket.
_LISTED = 500


class Change(msgspec.Struct, frozen=True):
    """What an upsert made of a stored finding; `before` is None for a new one."""

    before: Finding | None
    after: Finding


class FindingNotFoundError(LookupError):
    """The store has no finding of that id."""


class LostRaceError(RuntimeError):
    """Others wrote the finding between each of our reads and writes."""


class UpsertError(RuntimeError):
    """Some findings could not be stored: `failed` says which id and why, `changes` what the others became."""

    def __init__(self, failed: Mapping[str, Exception], changes: list[Change]) -> None:
        """Name the findings in the message."""
        super().__init__(", ".join(f"{finding}: {error!r}" for finding, error in failed.items()))
        self.failed = failed
        self.changes = changes


class FindingStore:
    """The findings table. Every method may be called again with the same arguments without harm."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the table's name."""
        self._client = client
        self._table = table

    def upsert(self, findings: Iterable[Finding], *, renewing: bool = False) -> list[Change]:
        """Join the findings with what is stored and return what changed; an unchanged one costs half a read unit.

        `renewing`: each tells of a change (`hub.store.merge`). Each is stored on its own: `UpsertError` comes after all
        were tried.
        """
        incoming: dict[str, Finding] = {}
        for finding in findings:
            before = incoming.get(finding.id)
            incoming[finding.id] = joined(before, finding) if before else finding
        items = {text(item, "id"): item for item in read_items(self._client, self._table, _keys(incoming))}
        changes: list[Change] = []
        failed: dict[str, Exception] = {}
        for finding in incoming.values():
            try:
                changes += self._join(finding, items.get(finding.id), renewing=renewing)
            except Exception as error:  # noqa: BLE001 - the isolator of findings: one that is too big stops no other
                failed[finding.id] = error
        if failed:
            raise UpsertError(failed, changes)
        return changes

    def get(self, finding_id: str) -> Finding | None:
        """Return the whole finding, or None."""
        item = self._item(finding_id)
        return finding_of(item) if item else None

    def read(self, finding_ids: Iterable[str]) -> dict[str, Finding]:
        """Return the whole findings of those ids that exist, by id."""
        items = read_items(self._client, self._table, _keys(dict.fromkeys(finding_ids)))
        return {text(item, "id"): finding_of(item) for item in items}

    def readable(self, finding_ids: Iterable[str]) -> tuple[dict[str, Finding], dict[str, Exception]]:
        """Return what `read` returns, and why others could not be read: a damaged one holds up no other."""
        found: dict[str, Finding] = {}
        damaged: dict[str, Exception] = {}
        for item in read_items(self._client, self._table, _keys(dict.fromkeys(finding_ids))):
            name = text(item, "id")
            try:
                found[name] = finding_of(item)
            except Exception as error:  # noqa: BLE001 - the isolator of findings: whatever is wrong with its body
                damaged[name] = error
        return found, damaged

    def page(self, query: FindingQuery, cursor: str | None = None, limit: int = 50) -> Page:
        """Return a page of a list, newest first (unless asked otherwise), as the indexes project findings.

        A page that had to read past many others may be short; only without a cursor is it the last. A cursor of
        another query raises `hub.store.cursor.CursorError`.
        """
        from hub.store.pages import read_page  # noqa: PLC0415 - detector and ingester list nothing: their cold start

        return read_page(self._client, self._table, query, cursor, limit)

    def open_ids(self, detection: str) -> Iterator[str]:
        """Yield the id of every open finding of a detection, as the index has them: a moment late."""
        query, cursor = FindingQuery(detections=(detection,)), None
        while True:
            page = self.page(query, cursor, limit=_LISTED)
            yield from (row.id for row in page.findings)
            cursor = page.cursor
            if not cursor:
                return

    def of_resource(self, key: str) -> Iterator[Finding]:
        """Yield what ResourceIndex lists under a key (`hub.store.items`: open, passed or moved), a moment late."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=RESOURCE_INDEX,
            KeyConditionExpression="#resource = :key",
            ExpressionAttributeNames={"#resource": "resource"},
            ExpressionAttributeValues=to_item({":key": key}),
        )
        for page in pages:
            yield from (row_of(item) for item in page["Items"])

    def decide(self, finding_id: str, decision: Decision) -> Finding:
        """Write what somebody decided about a finding and return it; an older decision changes nothing.

        Raises `FindingNotFoundError`. Who loses a race decides again about what is stored by then, so that neither of
        two decisions is lost.
        """
        for _ in range(_RACES):
            item = self._item(finding_id)
            if not item:
                raise FindingNotFoundError(finding_id)
            stored = finding_of(item)
            merged = merge(stored, after(stored, decision))
            if merged is None:
                return stored
            if self._is_put(merged, item):
                return merged
        raise LostRaceError(finding_id)

    def is_put_back(self, finding: Finding, until: datetime) -> bool:
        """Store a finding of the archive until a time; False when the table has it still, or again."""
        expires = to_item({TTL_ATTRIBUTE: int(until.timestamp())})
        return is_put(self._client, self._table, {**item_of(finding, 1), **expires}, 0, key="id")

    def _join(self, finding: Finding, item: Item | None, *, renewing: bool = False) -> list[Change]:
        for _ in range(_RACES):
            stored = finding_of(item) if item else None
            merged = merge(stored, finding, renewing=renewing)
            if merged is None:
                return []
            if self._is_put(merged, item):
                return [Change(stored, merged)]
            item = self._item(finding.id)
        raise LostRaceError(finding.id)

    def _is_put(self, finding: Finding, before: Item | None) -> bool:
        """Store a finding in place of an item; False when that is not what is stored any more.

        A time that was given to a restored finding stays: what is written of it meanwhile does not shorten it.
        """
        revision = number(before, "revision") if before else 0
        item = item_of(finding, revision + 1)
        if before and TTL_ATTRIBUTE in before and TTL_ATTRIBUTE in item:
            item |= to_item({TTL_ATTRIBUTE: max(number(before, TTL_ATTRIBUTE), number(item, TTL_ATTRIBUTE))})
        return is_put(self._client, self._table, item, revision, key="id")

    def _item(self, finding_id: str) -> Item | None:
        key = to_item({"id": finding_id})
        return self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")


def _keys(finding_ids: Iterable[str]) -> list[Item]:
    return [to_item({"id": one}) for one in finding_ids]
