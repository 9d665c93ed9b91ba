"""Event source mappings hand over streams and queues as Lambda does."""

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localorg.lambdas import OTHER, Functions

pytestmark = pytest.mark.slow

# Every call is printed, so that the log tells what the function was given; `bad` items fail, `name` says how.
RECORDER = """
import json
def handle_handler(event, context):
    print("GIVEN: " + json.dumps(event))
    records = event["Records"]
    ids = [record["dynamodb"]["Keys"]["id"]["S"] for record in records if "dynamodb" in record]
    ids += [record["body"] for record in records if "body" in record]
    bad = [place for place, name in enumerate(ids) if name.startswith("bad")]
    if bad and context.function_name.startswith("raising"):
        raise ValueError(ids[bad[0]])
    numbers = [record.get("messageId") or record["dynamodb"]["SequenceNumber"] for record in records]
    state = event.get("state") or {}
    seen = state.get("seen", []) + ids
    return {"state": {"seen": seen}, "batchItemFailures": [{"itemIdentifier": numbers[place]} for place in bad]}
"""
STREAM_READS = ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")
NAMES = (f"streamed-{number}" for number in itertools.count())


class Source:
    """A table whose stream a function reads; `calls` is what the function was given so far."""

    def __init__(self, account: Functions, function: str, **settings: Any) -> None:
        self.account, self.function, self.table = account, function, next(NAMES)
        made = account.aws("dynamodb").create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self.stream = made["TableDescription"]["LatestStreamArn"]
        self.failures = account.aws("sqs").create_queue(QueueName=f"{self.table}-failures")["QueueUrl"]
        target = f"arn:aws:sqs:us-east-1:{OTHER}:{self.table}-failures"
        reads = [f"dynamodb:{name}" for name in STREAM_READS]
        may = [{"Action": reads, "Resource": self.stream}, {"Action": "sqs:SendMessage", "Resource": target}]
        account.make(function, RECORDER, may)
        self.settings = {"DestinationConfig": {"OnFailure": {"Destination": target}}, **settings}

    def put(self, *names: str) -> None:
        for name in names:
            self.account.aws("dynamodb").put_item(TableName=self.table, Item={"id": {"S": name}})

    def start(self) -> dict[str, Any]:
        made: dict[str, Any] = self.account.aws("lambda").create_event_source_mapping(
            EventSourceArn=self.stream, FunctionName=self.function, StartingPosition="TRIM_HORIZON", **self.settings
        )
        return made

    def calls(self) -> list[dict[str, Any]]:
        return calls(self.account, self.function)

    def batches(self) -> list[list[str]]:
        return [[record["dynamodb"]["Keys"]["id"]["S"] for record in call["Records"]] for call in self.calls()]

    def failure(self) -> Any:
        answer = self.account.aws("sqs").receive_message(QueueUrl=self.failures, WaitTimeSeconds=10)
        return json.loads(answer["Messages"][0]["Body"])


def calls(account: Functions, function: str) -> list[dict[str, Any]]:
    logs, group = account.aws("logs"), f"/aws/lambda/{function}"
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern="GIVEN")
        lines = [event["message"] for page in pages for event in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [json.loads(line.removeprefix("GIVEN: ")) for line in lines]


@pytest.fixture(scope="module")
def account(organization: Any) -> Functions:
    return Functions(organization.client, OTHER)


def test_records_arrive_soon_and_in_order(account: Functions, eventually: Callable[..., Any]) -> None:
    source = Source(account, "ordered")
    source.start()
    source.put("warm")
    assert eventually(source.batches)
    began = time.monotonic()
    source.put("one")
    assert eventually(lambda: len(source.batches()) == 2)
    assert time.monotonic() - began < 0.5
    source.put("two", "three")
    assert eventually(lambda: list(itertools.chain(*source.batches())) == ["warm", "one", "two", "three"])
    assert source.calls()[0].keys() == {"Records"}


def test_a_window_carries_its_shard_and_state_and_ends_with_a_last_call(
    account: Functions, eventually: Callable[..., Any]
) -> None:
    source = Source(account, "windowed", TumblingWindowInSeconds=2, BatchSize=1)
    assert source.start()["TumblingWindowInSeconds"] == 2
    time.sleep(2 - time.time() % 2)  # so that both records fall into one window
    source.put("one", "two")
    first, second, last = eventually(lambda: source.calls() if len(source.calls()) >= 3 else None)
    assert first["shardId"].startswith("shardId-")
    assert first["state"] == {}
    assert (first["isFinalInvokeForWindow"], first["isWindowTerminatedEarly"]) == (False, False)
    assert second["state"] == {"seen": ["one"]}
    assert second["window"] == first["window"]
    assert set(first["window"]) == {"start", "end"}
    assert last["isFinalInvokeForWindow"] is True
    assert last["Records"] == []
    assert last["state"] == {"seen": ["one", "two"]}


def test_a_failing_batch_is_given_up_after_its_retries_and_told(
    account: Functions, eventually: Callable[..., Any]
) -> None:
    source = Source(account, "raising-retried", MaximumRetryAttempts=1)
    source.put("one", "bad", "two")
    source.start()
    record = source.failure()
    assert source.batches() == [["one", "bad", "two"]] * 2
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["DDBStreamBatchInfo"]["batchSize"] == 3
    assert record["DDBStreamBatchInfo"]["streamArn"] == source.stream
    source.put("three")
    assert eventually(lambda: source.batches()[-1] == ["three"])


def test_a_failing_batch_is_bisected_down_to_the_record_that_fails(account: Functions) -> None:
    source = Source(account, "raising-bisected", MaximumRetryAttempts=0, BisectBatchOnFunctionError=True)
    source.put("one", "two", "bad", "three")
    source.start()
    record = source.failure()["DDBStreamBatchInfo"]
    assert record["batchSize"] == 1
    assert source.batches()[:4] == [["one", "two", "bad", "three"], ["one", "two"], ["bad", "three"], ["bad"]]


def test_what_was_taken_is_not_sent_again(account: Functions) -> None:
    source = Source(*(account, "reporting"), MaximumRetryAttempts=1, FunctionResponseTypes=["ReportBatchItemFailures"])
    source.put("one", "bad", "two")
    source.start()
    assert source.failure()["DDBStreamBatchInfo"]["batchSize"] == 2
    assert source.batches() == [["one", "bad", "two"], ["bad", "two"]]


def test_filtered_records_are_not_handed_over(account: Functions, eventually: Callable[..., Any]) -> None:
    wanted = json.dumps({"eventName": ["INSERT"], "dynamodb": {"NewImage": {"id": {"S": [{"prefix": "yes"}]}}}})
    source = Source(account, "filtered", FilterCriteria={"Filters": [{"Pattern": wanted}]})
    source.put("no", "yes-1", "no-2", "yes-2")
    source.start()
    assert eventually(source.batches) == [["yes-1", "yes-2"]]


def test_a_slow_function_does_not_hold_up_another_mapping(account: Functions, eventually: Callable[..., Any]) -> None:
    stuck = Source(account, "raising-for-ever")
    stuck.put("bad")
    stuck.start()
    free = Source(account, "unhindered")
    free.put("one")
    free.start()
    assert eventually(free.batches, 3) == [["one"]]
    assert eventually(lambda: len(stuck.batches()) > 2)


def test_only_the_messages_that_failed_stay_in_the_queue(account: Functions, eventually: Callable[..., Any]) -> None:
    sqs, arn = account.aws("sqs"), f"arn:aws:sqs:us-east-1:{OTHER}:worked-off"
    failed = sqs.create_queue(QueueName="worked-off-dlq")["QueueUrl"]
    redrive = {"deadLetterTargetArn": f"{arn}-dlq", "maxReceiveCount": "2"}
    attributes = {"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(redrive)}
    queue = sqs.create_queue(QueueName="worked-off", Attributes=attributes)["QueueUrl"]
    reads = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    account.make("working", RECORDER, [{"Action": reads, "Resource": arn}], Timeout=1)
    sqs.send_message_batch(
        QueueUrl=queue, Entries=[{"Id": name, "MessageBody": name} for name in ("one", "bad", "two")]
    )
    account.aws("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName="working", FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    left = eventually(lambda: sqs.receive_message(QueueUrl=failed).get("Messages"))
    assert [message["Body"] for message in left] == ["bad"]
    given = [record["body"] for call in calls(account, "working") for record in call["Records"]]
    assert sorted(given) == ["bad", "bad", "one", "two"]


def test_a_role_that_may_not_read_gets_no_mapping(account: Functions) -> None:
    account.aws("sqs").create_queue(QueueName="unreadable")
    account.make("reading", RECORDER, [{"Action": "sqs:ReceiveMessage", "Resource": "*"}])
    with pytest.raises(ClientError, match="does not have permissions to call DeleteMessage on SQS"):
        account.aws("lambda").create_event_source_mapping(
            EventSourceArn=f"arn:aws:sqs:us-east-1:{OTHER}:unreadable", FunctionName="reading"
        )


def test_an_expired_item_reaches_the_stream_as_dynamodbs_own_removal(
    account: Functions, eventually: Callable[..., Any]
) -> None:
    source = Source(account, "expiring")
    client = account.aws("dynamodb")
    client.update_time_to_live(
        TableName=source.table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"}
    )
    client.put_item(TableName=source.table, Item={"id": {"S": "old"}, "ends": {"N": "1"}})
    source.start()
    # MiniStack looks every minute.
    removal = eventually(lambda: source.calls()[-1] if len(source.calls()) == 2 else None, 65)["Records"][0]
    assert removal["eventName"] == "REMOVE"
    assert removal["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert removal["dynamodb"]["OldImage"]["id"] == {"S": "old"}
