"""Dead letters of the findings' stream: the changes are read from it again and the function called with them."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from generator.recovery.calls import check_function
from generator.recovery.letters import Letter, RefusedError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# As many as the mapping of a stream hands over at once (`generator.parts.sources.from_stream`).
_BATCH = 100
# An open shard has no end: after so many pages with nothing on them, what is looked for is not there.
_EMPTY_PAGES = 100
_GONE = {"TrimmedDataAccessException", "ResourceNotFoundException"}

Record = dict[str, Any]


def count_again(letter: Letter, function: str, streams: Any, client: "LambdaClient") -> None:
    """Call a function with the changes that a message names; `RefusedError` when they are gone or it fails again.

    The event says no shard, as a mapping without windows would: the rollups keep a shard's position, and these changes
    lie behind it. Without a shard they know the batch by its first change, so that it still counts once.
    """
    content = letter.content
    if "DDBStreamBatchInfo" not in content:
        raise RefusedError("it names no changes of a stream")
    check_function(content, function)
    records = changes(content["DDBStreamBatchInfo"], streams)
    for start in range(0, len(records), _BATCH):
        _call(function, records[start : start + _BATCH], client)


def changes(batch: Mapping[str, Any], streams: Any) -> list[Record]:
    """Return the changes of a batch as Lambda hands them over; `RefusedError` when the stream has them no longer."""
    first, last = int(batch["startSequenceNumber"]), int(batch["endSequenceNumber"])
    found = []
    try:
        for record in _read(batch, streams):
            if int(record["dynamodb"]["SequenceNumber"]) > last:
                break
            found.append(_delivered(record, batch["streamArn"]))
            if int(record["dynamodb"]["SequenceNumber"]) == last:
                break
    except ClientError as error:
        if error.response["Error"]["Code"] not in _GONE:
            raise
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in found]
    if numbers[:1] != [first] or numbers[-1:] != [last]:
        raise RefusedError(
            f"its {batch.get('batchSize', '')} change(s) of {batch.get('approximateArrivalOfFirstRecord')} are lost: "
            "the stream keeps changes for a day"
        )
    return found


def _read(batch: Mapping[str, Any], streams: Any) -> Iterator[Record]:
    iterator: str | None = streams.get_shard_iterator(
        StreamArn=batch["streamArn"],
        ShardId=batch["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        SequenceNumber=batch["startSequenceNumber"],
    )["ShardIterator"]
    empty = 0
    while iterator and empty < _EMPTY_PAGES:
        answer: Any = streams.get_records(ShardIterator=iterator)
        yield from answer["Records"]
        empty = 0 if answer["Records"] else empty + 1
        iterator = answer.get("NextShardIterator")


def _delivered(record: Record, stream: str) -> Record:
    """Return a record with the stream's name and in JSON's types, as it stands in a function's event."""
    return {**_plain(record), "eventSourceARN": stream}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(held) for name, held in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    return [_plain(held) for held in value] if isinstance(value, list) else value


def _call(function: str, records: Sequence[Record], client: "LambdaClient") -> None:
    answer = client.invoke(FunctionName=function, Payload=json.dumps({"Records": records}).encode())
    said = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise RefusedError(f"{function} still fails: {said.get('errorMessage', said)}")
    if failed := (said or {}).get("batchItemFailures"):
        raise RefusedError(f"{function} still fails at change {failed[0]['itemIdentifier']}; its log group says why")
