"""Counts open findings from the lists themselves: what the counters should say."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from contract.finding import Severity
from contract.names import ACCOUNT_INDEX, CONTROL_INDEX, SEVERITY_INDEX
from hub.store.attributes import Item, text, to_item
from hub.store.items import SHARDS, bucket

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Counted(msgspec.Struct, frozen=True, order=True):
    """What a counter counts: an account's open findings of a severity, or (then these are empty) a control's."""

    account: str = ""
    severity: str = ""
    control: str = ""


class OpenFindings:
    """The open findings of the findings table, to be counted; memory grows with the counters, not the findings."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take a low-level DynamoDB client and the findings table's name."""
        self._client = client
        self._table = table

    def count_all(self) -> dict[Counted, int]:
        """Return every counter that is not zero: one pass over the index by severity, 1 MB a call."""
        found: Counter[Counted] = Counter()
        for severity in Severity:
            for row in self._rows(SEVERITY_INDEX, "severity_bucket", severity, ("account", "control")):
                found[Counted(account=text(row, "account"), severity=severity)] += 1
                found[Counted(control=text(row, "control"))] += 1
        return dict(found)

    def count(self, what: Counted) -> int:
        """Return one counter: sixteen small queries."""
        if what.control:
            return sum(1 for _ in self._rows(CONTROL_INDEX, "control_bucket", what.control, ("control",)))
        rows = self._rows(ACCOUNT_INDEX, "account_bucket", what.account, ("severity",))
        return sum(text(row, "severity") == what.severity for row in rows)

    def _rows(self, index: str, attribute: str, value: str, names: tuple[str, ...]) -> Iterator[Item]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": index,
            "KeyConditionExpression": "#key = :key",
            "ProjectionExpression": ", ".join(f"#n{place}" for place in range(len(names))),
            "ExpressionAttributeNames": {"#key": attribute, **{f"#n{place}": name for place, name in enumerate(names)}},
        }
        paginator = self._client.get_paginator("query")
        for shard in range(SHARDS):
            key = to_item({":key": bucket(value, shard)})
            for page in paginator.paginate(**request, ExpressionAttributeValues=key):
                yield from page["Items"]
