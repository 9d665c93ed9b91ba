"""The two tables as data: the generator renders them, the tests create them."""

from typing import Any

import msgspec

from contract.names import ACCOUNT_INDEX, CONTROL_INDEX, RESOURCE_INDEX, SEVERITY_INDEX

TTL_ATTRIBUTE = "ttl_timestamp"
STREAM_VIEW = "NEW_AND_OLD_IMAGES"

# What a list shows. Nothing that a refresh changes, so that refreshing a finding writes no index.
LISTED = (
    "title",
    "account",
    "region",
    "severity",
    "control",
    "resource",
    "actor",
    "workflow",
    "event_id",
    "product",
    "mode",
    "record_state",
    "compliance",
    "closed_resource",
)


class Index(msgspec.Struct, frozen=True):
    """A global secondary index over open findings, sorted by when they were first seen."""

    name: str
    partition: str
    sort: str = "first_seen"
    projected: tuple[str, ...] = LISTED


class Table(msgspec.Struct, frozen=True):
    """A table's keys (all text) and indexes."""

    partition: str
    sort: str = ""
    indexes: tuple[Index, ...] = ()


FINDINGS = Table(
    partition="id",
    indexes=(
        Index(SEVERITY_INDEX, "severity_bucket"),
        Index(ACCOUNT_INDEX, "account_bucket"),
        Index(CONTROL_INDEX, "control_bucket"),
        Index(RESOURCE_INDEX, "resource", projected=tuple(name for name in LISTED if name != "resource")),
    ),
)
STATE = Table(partition="pk", sort="sk")


def definition(table: Table) -> dict[str, Any]:
    """Return keys, indexes and billing in the words that CreateTable and CloudFormation share."""
    keyed = [table.partition, table.sort, *(name for index in table.indexes for name in (index.partition, index.sort))]
    names = dict.fromkeys(name for name in keyed if name)
    described: dict[str, Any] = {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
        "KeySchema": _key_schema(table.partition, table.sort),
    }
    if table.indexes:
        described["GlobalSecondaryIndexes"] = [_index(index) for index in table.indexes]
    return described


def _index(index: Index) -> dict[str, Any]:
    return {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.partition, index.sort),
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.projected)},
    }


def _key_schema(partition: str, sort: str) -> list[dict[str, str]]:
    keys = [{"AttributeName": partition, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": sort, "KeyType": "RANGE"}] if sort else keys
