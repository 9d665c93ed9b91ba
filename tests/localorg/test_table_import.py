"""Items put into a table as restoring a backup puts them."""

import urllib.error

import pytest

from tests.localorg.lambdas import MEMBER
from tests.localorg.running import Organization

pytestmark = pytest.mark.slow
TABLE = "restored"


@pytest.fixture
def table(organization: Organization) -> str:
    dynamodb = organization.client("dynamodb", MEMBER)
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "colour")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "ByColour",
                "KeySchema": [{"AttributeName": "colour", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    return TABLE


def put(organization: Organization, *items: object) -> object:
    place = {"account": MEMBER, "region": "us-east-1", "table": TABLE}
    return organization.control("tables", {**place, "items": items})


def test_items_are_there_by_key_and_index_and_the_stream_tells_nothing(organization: Organization, table: str) -> None:
    red = {"pk": {"S": "a"}, "sk": {"S": "1"}, "colour": {"S": "red"}, "body": {"B": "AAEC"}}
    assert put(organization, red, {"pk": {"S": "a"}, "sk": {"S": "2"}}) == {"items": 2}
    dynamodb = organization.client("dynamodb", MEMBER)
    found = dynamodb.query(
        TableName=table,
        IndexName="ByColour",
        KeyConditionExpression="colour = :c",
        ExpressionAttributeValues={":c": {"S": "red"}},
    )["Items"]
    assert [one["body"]["B"] for one in found] == [b"\x00\x01\x02"]
    streams = organization.client("dynamodbstreams", MEMBER)
    stream = dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
    start = streams.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    assert streams.get_records(ShardIterator=start["ShardIterator"])["Records"] == []
    with pytest.raises(urllib.error.HTTPError, match="400"):
        put(organization, {"pk": {"S": "b"}, "sk": {"S": "1"}}, {"pk": {"S": "b"}})
    assert "Item" not in dynamodb.get_item(TableName=table, Key={"pk": {"S": "b"}, "sk": {"S": "1"}})
    dynamodb.delete_table(TableName=table)
