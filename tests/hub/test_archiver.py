"""No finding disappears before it is archived: the archiver, a clock, DynamoDB's expiry, and what is killed."""

import base64
import contextlib
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from contract import archive
from contract.asff import finding_of
from contract.clock import iso
from contract.finding import Finding, Workflow
from hub.archiver import late as late_module
from hub.archiver.handler import Archiver
from hub.archiver.late import archive_late_handler
from hub.settings import TransitionsSettings
from hub.store.attributes import number, text
from hub.store.decisions import Decision
from hub.store.expired import ExpiredFindings, Progress, ProgressStore
from hub.store.findings import FindingStore
from hub.store.items import due_day, item_of
from hub.streams import StreamRecord, stream_records
from hub.transitions import pass_on
from tests.asff import passed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.hub.conftest import Calls

Make = Callable[..., Finding]
CLOSED_AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
DUE = datetime(2027, 2, 18, tzinfo=UTC)


class KilledError(BaseException):
    """The function's time is over."""


class Bucket:
    """What was put under which key; kills its caller at the n-th put, before or after."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.puts = 0
        self.kills_at = 0

    def put(self, key: str, body: bytes) -> None:
        self.puts += 1
        if self.puts == self.kills_at:
            raise KilledError
        self.objects[key] = body

    def findings(self) -> dict[str, Finding]:
        read = [one for body in self.objects.values() for one in archive.read(body)]
        assert len(read) == len({one.id for one in read}), "nothing is archived twice"
        return {one.id: one for one in read}


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def archiver(dynamodb: "DynamoDBClient", bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Archiver:
    monkeypatch.setattr("hub.archiver.handler._PART", 3)
    return Archiver(ExpiredFindings(dynamodb, "findings"), ProgressStore(dynamodb, "state"), bucket.put)


def closed(store: FindingStore, finding: Make, number: int, at: datetime = CLOSED_AT) -> list[str]:
    names = [f"f{place:03}" for place in range(number)]
    store.upsert(finding(name) for name in names)
    for name in names:
        store.decide(name, Decision(by="alice", at=iso(at), workflow=Workflow.RESOLVED))
    return names


def whenever() -> bool:
    return True


def test_what_is_due_is_archived_whole_and_in_parts(
    store: FindingStore, archiver: Archiver, bucket: Bucket, finding: Make
) -> None:
    names = closed(store, finding, 100)
    assert archiver.run(DUE, whenever) == "2027-02-17"
    assert bucket.objects == {}
    assert archiver.run(DUE + timedelta(days=1), whenever) == "2027-02-18"
    assert bucket.findings() == store.read(names)
    assert all(key.startswith("findings/year=2027/month=02/day=18/part-") for key in bucket.objects)
    assert archiver.run(DUE + timedelta(days=1), whenever) == "2027-02-18"
    assert bucket.puts == len(bucket.objects)


def test_security_hubs_findings_are_due_on_mondays(store: FindingStore, archiver: Archiver, bucket: Bucket) -> None:
    one = finding_of(passed(), "2026-11-20T10:00:00.000000Z")
    store.upsert([one])
    assert due_day(one) == "2027-02-22"
    archiver.run(datetime(2027, 2, 22, 12, tzinfo=UTC), whenever)
    assert bucket.findings() == {}
    archiver.run(datetime(2027, 2, 23, tzinfo=UTC), whenever)
    assert list(bucket.findings()) == [one.id]


@pytest.mark.parametrize("kill", range(1, 36, 5))
def test_killed_anywhere_and_run_again_it_writes_the_same_objects(
    store: FindingStore, archiver: Archiver, bucket: Bucket, finding: Make, kill: int
) -> None:
    closed(store, finding, 100)
    bucket.kills_at = kill
    with pytest.raises(KilledError):
        archiver.run(DUE + timedelta(days=1), whenever)
    archiver.run(DUE + timedelta(days=1), whenever)
    whole = Bucket()
    another = Archiver(archiver._expired, ProgressStore(archiver._progress._client, "state"), whole.put)
    archiver._progress.write(Progress("2027-02-17"))
    another.run(DUE + timedelta(days=1), whenever)
    assert bucket.objects == whole.objects


def test_killed_between_object_and_checkpoint_the_part_is_written_again_as_it_was(
    store: FindingStore, archiver: Archiver, bucket: Bucket, finding: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed(store, finding, 20)
    original = archiver._progress.write

    def dying(progress: Progress) -> None:
        if bucket.puts == 2:
            bucket.puts += 1
            raise KilledError
        original(progress)

    monkeypatch.setattr(archiver._progress, "write", dying)
    with pytest.raises(KilledError):
        archiver.run(DUE + timedelta(days=1), whenever)
    before = dict(bucket.objects)
    archiver.run(DUE + timedelta(days=1), whenever)
    assert before.items() <= bucket.objects.items()
    assert len(bucket.findings()) == 20


def test_when_its_time_is_nearly_over_it_leaves_the_rest_to_the_next_call(
    store: FindingStore, archiver: Archiver, bucket: Bucket, finding: Make
) -> None:
    closed(store, finding, 30)
    calls = 0
    while archiver.run(DUE + timedelta(days=1), iter([True, True, False]).__next__) != "2027-02-18":
        calls += 1
    assert calls > 10
    assert len(bucket.findings()) == 30


def test_what_was_opened_again_is_not_archived_until_it_is_closed_again(
    store: FindingStore, archiver: Archiver, bucket: Bucket, finding: Make, dynamodb: "DynamoDBClient"
) -> None:
    (name,) = closed(store, finding, 1)
    store.decide(name, Decision(by="bob", at=iso(CLOSED_AT + timedelta(days=30)), workflow=Workflow.NEW))
    item = dynamodb.get_item(TableName="findings", Key={"id": {"S": name}})["Item"]
    assert "ttl_timestamp" not in item
    archiver.run(DUE + timedelta(days=1), whenever)
    assert bucket.objects == {}
    store.decide(name, Decision(by="bob", at=iso(CLOSED_AT + timedelta(days=40)), workflow=Workflow.RESOLVED))
    archiver.run(DUE + timedelta(days=41), whenever)
    assert list(bucket.findings()) == [name]


def test_what_was_closed_long_before_it_is_heard_of_is_not_due_at_once(finding: Make) -> None:
    one = finding(
        workflow=Workflow.RESOLVED,
        acted_at="2025-01-01T00:00:00.000000Z",
        workflow_at="2026-11-20T10:00:00.000000Z",
        observed_at="2026-11-20T10:00:00.000000Z",
    )
    assert due_day(one) == "2027-02-18"


@pytest.mark.slow
def test_no_finding_disappears_before_it_is_archived(
    store: FindingStore, archiver: Archiver, bucket: Bucket, finding: Make, dynamodb: "DynamoDBClient"
) -> None:
    """Half a year: findings close every week, the archiver is killed now and then, DynamoDB deletes what is over."""
    names = set()
    moment = CLOSED_AT
    for day in (*range(0, 84, 7), *range(84, 175)):
        moment = CLOSED_AT + timedelta(days=day)
        if day % 7 == 0 and day < 64:
            name = f"f{day:03}"
            store.upsert([finding(name)])
            store.decide(name, Decision(by="alice", at=iso(moment), workflow=Workflow.RESOLVED))
            names.add(name)
        bucket.kills_at = bucket.puts + 1 if day % 5 else 0
        with contextlib.suppress(KilledError):
            archiver.run(moment, whenever)
        for gone in expired(dynamodb, moment):
            assert gone in bucket.findings()
    archiver.run(moment + timedelta(days=7), whenever)
    assert bucket.findings().keys() == names


def expired(dynamodb: "DynamoDBClient", moment: datetime) -> list[str]:
    """Delete what DynamoDB would by then; return the ids."""
    items = dynamodb.scan(TableName="findings")["Items"]
    gone = [text(one, "id") for one in items if 0 < number(one, "ttl_timestamp") <= moment.timestamp()]
    for name in gone:
        dynamodb.delete_item(TableName="findings", Key={"id": {"S": name}})
    return gone


class Queues:
    """Queues that remember what they are sent, by address."""

    def __init__(self) -> None:
        self.sent: dict[str, list[str]] = {}

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        self.sent.setdefault(QueueUrl, []).extend(entry["MessageBody"] for entry in Entries)
        return {}


def test_a_finding_that_expires_unarchived_is_archived_by_its_deletion(
    finding: Make, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = finding(workflow=Workflow.RESOLVED, workflow_at="2026-11-20T10:00:00.000000Z")
    image = json.loads(json.dumps(item_of(one, 3), default=lambda body: base64.b64encode(body).decode()))
    ttl = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    deletions = [
        {"userIdentity": ttl, "dynamodb": {"SequenceNumber": "1", "OldImage": image}},
        {"dynamodb": {"SequenceNumber": "2", "OldImage": image}},
    ]
    records = list(stream_records({"Records": deletions}))
    settings = TransitionsSettings(
        notifier_queue_url="n", workflow_queue_url="w", late_archiver_queue_url="late", state_table="state"
    )
    archived, behind = Queues(), Queues()
    assert pass_on(records, archived, settings, lambda: "2027-02-18") is None  # type: ignore[arg-type] # a fake
    assert pass_on(records, behind, settings, lambda: "2027-02-17") is None  # type: ignore[arg-type] # a fake
    assert archived.sent == {}
    (body,) = behind.sent["late"]
    s3 = aws("s3")
    s3.create_bucket(Bucket="archive", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    monkeypatch.setattr(late_module, "aws_client", aws)
    monkeypatch.setenv("ARCHIVE_BUCKET", "archive")
    messages = {"Records": [{"messageId": "1", "body": body}, {"messageId": "2", "body": "?"}]}
    assert archive_late_handler(messages, None) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    key = "findings/year=2027/month=02/day=18/late-f1.jsonl.gz"
    assert archive.read(s3.get_object(Bucket="archive", Key=key)["Body"].read()) == [one]


def test_archiving_writes_no_finding(
    store: FindingStore, archiver: Archiver, bucket: Bucket, finding: Make, calls: "Calls"
) -> None:
    closed(store, finding, 48)
    before, parts = calls.count("PutItem"), bucket.puts
    archiver.run(DUE + timedelta(days=1), whenever)
    days = 15
    assert calls.count("PutItem") - before <= days * 16 + bucket.puts - parts, "its progress only"
    assert len(bucket.findings()) == 48


def test_a_row_shows_what_tables_ask_for_and_holds_the_whole_finding(finding: Make) -> None:
    one = finding(note="a drill", details={"x": 1})
    body = archive.written([one])
    assert body == archive.written([msgspec.structs.replace(one)])
    (line,) = [json.loads(text) for text in gzip.decompress(body).splitlines()]
    assert list(line) == sorted(archive.COLUMNS)
    assert (line["status"], line["severity"], line["note"]) == ("OPEN", "HIGH", "a drill")
    assert archive.read(body) == [one]


def test_a_stream_record_knows_an_expiry() -> None:
    assert [one.is_expiry for one in stream_records({"Records": [{"dynamodb": {"SequenceNumber": "1"}}]})] == [False]
    assert StreamRecord("1", None, None).is_expiry is False
