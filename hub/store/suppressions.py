"""Suppressions as data, and when what is suppressed opens again."""

from collections.abc import Iterator
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

from contract.clock import iso
from contract.finding import Finding
from contract.names import DUE_PARTITION, SUPPRESSIONS_PARTITION, due_key, suppression_key
from hub.store.attributes import text, to_item
from hub.store.documents import document_item, document_of, key_item, read_partition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Stands before a suppression's id where a finding says who suppressed it.
BY_RULE = "suppression "


class Suppression(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is accepted, by whom, why, until when (`contract.clock.iso` text; empty: for good).

    Of each list that is given one entry must fit; `*` stands for any text in detections, resources and actors.
    `is_written` says that `muster.toml` has it, `since` since when it is stored in these words, `ended` since
    when `muster.toml` has it no more.
    """

    id: str
    reason: str
    owner: str
    until: str = ""
    detections: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    ous: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    is_written: bool = False
    since: str = ""
    ended: str = ""

    def is_over(self, moment: datetime) -> bool:
        """Whether its time has passed."""
        return bool(self.until) and self.until <= iso(moment)

    def covers(self, finding: Finding, ou_ids: tuple[str, ...] = ()) -> bool:
        """Whether a finding is accepted by it; `ou_ids`: the units above the finding's account."""
        return (
            _fits(self.detections, (finding.detection, finding.control))
            and (not (self.accounts or self.ous) or finding.account in self.accounts or not _apart(self.ous, ou_ids))
            and (not self.regions or finding.region in self.regions)
            and _fits(self.resources, (finding.resource, *finding.resources))
            and _fits(self.actors, (finding.actor, finding.actor_arn))
        )


def _apart(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return set(some).isdisjoint(others)


def _fits(globs: tuple[str, ...], values: tuple[str, ...]) -> bool:
    return not globs or any(fnmatchcase(value, glob) for glob in globs for value in values if value)


class SuppressionStore:
    """Suppressions in the state table, and the list of suppressed findings that open again."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the state table's name."""
        self._client = client
        self._table = table

    def all(self) -> list[Suppression]:
        """Return every suppression, also those that are over."""
        items = read_partition(self._client, self._table, SUPPRESSIONS_PARTITION)
        return [document_of(item, Suppression) for item in items]

    def write(self, suppression: Suppression) -> None:
        """Store a suppression in place of the one with its id."""
        item = document_item(suppression_key(suppression.id), suppression)
        self._client.put_item(TableName=self._table, Item=item)

    def remove(self, suppression: str) -> None:
        """Forget a suppression."""
        self._client.delete_item(TableName=self._table, Key=key_item(suppression_key(suppression)))

    def remember(self, finding: Finding) -> None:
        """Put a suppressed finding on the list of those that open again, if ever."""
        if finding.workflow_until or finding.workflow_by.startswith(BY_RULE):
            key = key_item(due_key(finding.workflow_until, finding.id))
            self._client.put_item(TableName=self._table, Item={**key, **to_item({"by": finding.workflow_by})})

    def due(self, moment: datetime) -> list[tuple[str, str]]:
        """Return the findings whose time is over: until when they were suppressed, and their ids."""
        answer = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk <= :now",
            ExpressionAttributeValues=to_item({":pk": DUE_PARTITION, ":now": f"{iso(moment)}$"}),
        )
        return [_due(text(item, "sk")) for page in answer for item in page["Items"]]

    def by(self, suppression: str) -> Iterator[tuple[str, str]]:
        """Yield what a suppression suppresses, as `due` does."""
        for item in read_partition(self._client, self._table, DUE_PARTITION):
            if text(item, "by") == f"{BY_RULE}{suppression}":
                yield _due(text(item, "sk"))

    def forget(self, until: str, finding_id: str) -> None:
        """Take a finding off the list."""
        self._client.delete_item(TableName=self._table, Key=key_item(due_key(until, finding_id)))


def _due(sort_key: str) -> tuple[str, str]:
    until, _, finding_id = sort_key.partition("#")
    return until, finding_id
