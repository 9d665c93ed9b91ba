"""The meter counts as DynamoDB does (developer guide: item sizes, capacity units, projections)."""

from typing import Any

import boto3
import botocore.session
import pytest
from moto import mock_aws

from hub.store.schema import Index, Table, definition
from tests.bench.meter import Calls, Meter, size

TABLE = Table(partition="id", indexes=(Index("ByKind", "kind", sort="at", projected=("title",)),))


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        made = botocore.session.get_session().create_client("dynamodb", region_name="eu-central-1")
        made.create_table(TableName="t", **definition(TABLE))
        yield made


def put(client: Any, **values: str) -> None:
    client.put_item(TableName="t", Item={name: {"S": value} for name, value in values.items()})


def test_sizes_are_of_names_and_values() -> None:
    assert size({"id": {"S": "ä"}, "n": {"N": "1200"}, "body": {"B": b"123"}}) == 2 + 2 + 1 + 2 + 4 + 3


def test_a_write_costs_the_item_and_each_index_that_changes(client: Any) -> None:
    meter = Meter(client, TABLE)
    put(client, id="1", kind="a", at="1", title="x", body="y" * 1_100)
    assert (meter.write_units, meter.index_units) == (3, 1)
    meter.reset()
    put(client, id="1", kind="a", at="1", title="x", body="z")
    assert (meter.write_units, meter.index_units) == (2, 0)
    meter.reset()
    put(client, id="1", kind="b", at="1", title="x", body="z")
    assert (meter.write_units, meter.index_units) == (3, 2)
    meter.reset()
    put(client, id="1")
    assert (meter.write_units, meter.index_units) == (2, 1)


def test_reads_cost_half_a_unit_for_4_kb_and_a_whole_one_when_they_must_be_the_newest(client: Any) -> None:
    meter = Meter(client, TABLE)
    put(client, id="1", body="y" * 5_000)
    client.get_item(TableName="t", Key={"id": {"S": "1"}})
    client.get_item(TableName="t", Key={"id": {"S": "absent"}}, ConsistentRead=True)
    client.batch_get_item(RequestItems={"t": {"Keys": [{"id": {"S": "1"}}, {"id": {"S": "absent"}}]}})
    assert meter.read_units == 1 + 1 + 1.5
    assert meter.calls.total() == 4


def test_calls_are_counted_for_all_clients_of_a_session(client: Any) -> None:
    session = boto3.Session(region_name="eu-central-1")
    calls = Calls(session)
    session.client("dynamodb").list_tables()
    for _ in range(2):
        session.client("sqs").list_queues()
    assert calls.made == {"ListTables": 1, "ListQueues": 2}
