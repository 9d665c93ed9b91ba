import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from generator.recovery.changes import changes, count_again
from generator.recovery.letters import Letter, RefusedError

FUNCTION = "muster-rollups"
STREAM = "arn:aws:dynamodb:eu-central-1:111122223333:table/muster-findings/stream/2026-11-20"


class Streams:
    """A shard from whose beginning records were trimmed: pages of two, some of them empty."""

    def __init__(self, first: int, last: int) -> None:
        self.kept = range(first, last + 1)

    def get_shard_iterator(self, **asked: Any) -> dict[str, str]:
        if asked["ShardId"] != "shard-1":
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetShardIterator")
        if int(asked["SequenceNumber"]) not in self.kept:
            raise ClientError({"Error": {"Code": "TrimmedDataAccessException"}}, "GetShardIterator")
        return {"ShardIterator": f"{asked['SequenceNumber']} empty"}

    def get_records(self, ShardIterator: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        place, *is_empty = ShardIterator.split()
        if is_empty:
            return {"Records": [], "NextShardIterator": place}
        page = [number for number in (int(place), int(place) + 1) if number in self.kept]
        following = {"NextShardIterator": f"{page[-1] + 1} empty"} if page and page[-1] < self.kept[-1] else {}
        return {"Records": [record(number) for number in page], **following}


class Lambda:
    """Notes what functions are called with, and answers as told."""

    def __init__(self, answer: Any = None, **more: Any) -> None:
        self.answer, self.more = answer, more
        self.events: list[Any] = []

    def invoke(self, **given: Any) -> dict[str, Any]:
        assert given["FunctionName"] == FUNCTION
        self.events.append(json.loads(given["Payload"]))
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode()), **self.more}


def record(number: int) -> dict[str, Any]:
    created = datetime(2026, 11, 20, 9, tzinfo=UTC)
    image = {"id": {"S": str(number)}, "body": {"B": b"\x00packed"}}
    return {"dynamodb": {"SequenceNumber": str(number), "ApproximateCreationDateTime": created, "NewImage": image}}


def batch(first: int, last: int, shard: str = "shard-1") -> dict[str, Any]:
    return {
        "shardId": shard,
        "startSequenceNumber": str(first),
        "endSequenceNumber": str(last),
        "approximateArrivalOfFirstRecord": "2026-11-20T09:00:00Z",
        "batchSize": last - first + 1,
        "streamArn": STREAM,
    }


def failure(first: int, last: int) -> str:
    context = {"functionArn": f"arn:aws:lambda:eu-central-1:111122223333:function:{FUNCTION}"}
    return json.dumps({"requestContext": context, "DDBStreamBatchInfo": batch(first, last)})


@pytest.fixture
def streams() -> Streams:
    return Streams(100, 400)


def test_exactly_the_named_changes_are_read_in_the_form_of_an_event(streams: Streams) -> None:
    found = changes(batch(103, 107), streams)
    assert [one["dynamodb"]["SequenceNumber"] for one in found] == ["103", "104", "105", "106", "107"]
    assert found[0]["eventSourceARN"] == STREAM
    assert found[0]["dynamodb"]["NewImage"]["body"] == {"B": "AHBhY2tlZA=="}
    assert found[0]["dynamodb"]["ApproximateCreationDateTime"] == datetime(2026, 11, 20, 9, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("lost", [batch(99, 101), batch(399, 402), batch(101, 101, "shard-0")])
def test_changes_that_are_gone_are_named_as_lost(streams: Streams, lost: dict[str, Any]) -> None:
    with pytest.raises(RefusedError, match=r"change\(s\) of 2026-11-20T09:00:00Z are lost"):
        changes(lost, streams)


def test_changes_that_never_were_do_not_keep_an_open_shard_waiting() -> None:
    class Open(Streams):
        def get_records(self, ShardIterator: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
            return {"NextShardIterator": "401 empty", **super().get_records(ShardIterator)}

    with pytest.raises(RefusedError, match="are lost"):
        changes(batch(399, 402), Open(100, 400))


def test_a_call_that_is_refused_for_another_reason_is_no_loss() -> None:
    class Forbidding(Streams):
        def get_shard_iterator(self, **_: Any) -> dict[str, str]:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetShardIterator")

    with pytest.raises(ClientError, match="AccessDenied"):
        changes(batch(101, 102), Forbidding(100, 400))


def test_the_function_gets_the_changes_in_the_mappings_batches_and_no_shard(
    streams: Streams, letter: Callable[[str], Letter]
) -> None:
    client = Lambda({"state": {}, "batchItemFailures": []})
    count_again(letter(failure(101, 350)), FUNCTION, streams, client)  # type: ignore[arg-type]
    assert [len(event["Records"]) for event in client.events] == [100, 100, 50]
    assert all(event.keys() == {"Records"} for event in client.events)


@pytest.mark.parametrize(
    ("client", "said"),
    [
        (Lambda({"batchItemFailures": [{"itemIdentifier": "102"}]}), "muster-rollups still fails at change 102"),
        (Lambda({"errorMessage": "no table"}, FunctionError="Unhandled"), "muster-rollups still fails: no table"),
    ],
)
def test_a_function_that_still_fails_keeps_the_message(
    streams: Streams, letter: Callable[[str], Letter], client: Any, said: str
) -> None:
    with pytest.raises(RefusedError, match=said):
        count_again(letter(failure(101, 105)), FUNCTION, streams, client)


@pytest.mark.parametrize(
    ("body", "said"),
    [('{"id": "1"}', "it names no changes of a stream"), (failure(101, 101), "not about muster-transitions")],
)
def test_another_message_is_refused(streams: Streams, letter: Callable[[str], Letter], body: str, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        count_again(letter(body), "muster-transitions", streams, Lambda())  # type: ignore[arg-type]
