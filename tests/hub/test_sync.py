"""The sync with Security Hub: everything arrives, whatever is killed, throttled, repeated or forgotten."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from contract.asff import finding_of
from contract.finding import Finding, RecordState, Status
from hub.ingestion import Ingestion
from hub.store.findings import FindingStore, UpsertError
from hub.store.runs import Kind, Run, RunStore
from hub.sync import handler as module
from hub.sync.handler import Order, Sync, sync_handler
from hub.sync.reader import Reader, ReaderV2
from hub.sync.steps import Steps
from tests.asff import control, passed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.hub.conftest import Calls

Make = Callable[..., Finding]
START = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOO_OFTEN = ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "slower"}}, "GetFindings")


class KilledError(BaseException):
    """The function's time is over."""


class SecurityHub:
    """GetFindings over documents: filters, order and pages as the sync asks for them, and a limit to be hit."""

    class exceptions:  # noqa: N801 - as botocore names it
        ClientError = ClientError

    def __init__(self, documents: list[dict[str, Any]], page: int = 3) -> None:
        self.documents = documents
        self.page = page
        self.refusals: list[Exception] = []
        self.asked: list[dict[str, Any]] = []

    def get_findings(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if self.refusals:
            raise self.refusals.pop()
        found = [one for one in self.documents if _passes(one, asked["Filters"])]
        found.sort(key=lambda one: str(one["UpdatedAt"]))
        start = int(asked.get("NextToken", 0))
        more = {"NextToken": str(start + self.page)} if start + self.page < len(found) else {}
        return {"Findings": found[start : start + self.page], **more}


def _passes(one: dict[str, Any], filters: dict[str, Any]) -> bool:
    for name, tests in filters.items():
        if name == "UpdatedAt":
            moment = datetime.fromisoformat(one[name])
            if not any(
                datetime.fromisoformat(test["Start"]) <= moment <= datetime.fromisoformat(test["End"]) for test in tests
            ):
                return False
        elif one[name] not in [test["Value"] for test in tests]:
            return False
    return True


class Machine:
    """The sync with its queue and a clock that goes on by itself."""

    def __init__(self, dynamodb: "DynamoDBClient", hub: SecurityHub) -> None:
        self.moment = START
        self.queue: list[Order] = []
        self.waits: list[float] = []
        self.store = FindingStore(dynamodb, "findings")
        self.runs = RunStore(dynamodb, "state")
        reader = Reader(hub, self.clock, self.waits.append)
        steps = Steps(reader, Ingestion(self.store, "111122223333", ("GuardDuty",)), self.store, self.clock)
        self.sync = Sync(self.runs, steps, self.queue.append, self.clock)

    def clock(self) -> datetime:
        self.moment += timedelta(milliseconds=10)
        return self.moment

    def work(self, pages: int = 1_000) -> None:
        """Take every order of the queue; `pages` is how many a call has time for."""
        for _ in range(1_000):
            if not self.queue:
                return
            left = iter([True] * (pages - 1))
            self.sync.obey(self.queue.pop(0), lambda: next(left, False))  # noqa: B023 - called at once
        raise AssertionError("the sync never ends")

    def last(self, kind: Kind) -> Run:
        run, _ = self.runs.read(kind)
        assert run is not None
        return run


@pytest.fixture
def documents() -> list[dict[str, Any]]:
    days = [f"2026-11-{1 + place % 19:02}T09:00:00Z" for place in range(20)]
    return [
        control(f"c{place:02}", CreatedAt=day, UpdatedAt=day, Resources=bucket(place)) for place, day in enumerate(days)
    ]


def random_text(length: int) -> str:
    """Text that no compression makes small."""
    return Random(7).randbytes(length // 2).hex()


def bucket(place: int) -> list[dict[str, str]]:
    return [{"Type": "AwsS3Bucket", "Id": f"arn:aws:s3:::documents-{place}"}]


def contents(machine: Machine, documents: list[dict[str, Any]]) -> dict[str, Finding]:
    return machine.store.read(finding_of(one, "2026-11-20T12:00:00Z").id for one in documents)


@pytest.mark.parametrize("pages", [1, 2, 1_000])
def test_the_first_sync_reads_everything_in_as_many_calls_as_it_needs(
    dynamodb: "DynamoDBClient", documents: list[dict[str, Any]], pages: int
) -> None:
    machine = Machine(dynamodb, SecurityHub([*documents, passed("p"), control("gone", RecordState="ARCHIVED")]))
    machine.queue.append(Order(Kind.CHANGES))
    machine.work(pages)
    assert len(contents(machine, documents)) == 20
    run = machine.last(Kind.EVERYTHING)
    assert run.is_done
    assert run.changed == 21
    assert machine.last(Kind.CHANGES).is_done


def test_later_only_what_was_updated_since_is_read(dynamodb: "DynamoDBClient", documents: list[dict[str, Any]]) -> None:
    hub = SecurityHub(documents)
    machine = Machine(dynamodb, hub)
    machine.queue.append(Order(Kind.CHANGES))
    machine.work()
    hub.documents = [*documents, control("c01", UpdatedAt="2026-11-20T13:00:00Z", RecordState="ARCHIVED")][1:]
    machine.moment += timedelta(hours=6)
    machine.queue.append(Order(Kind.CHANGES))
    machine.work()
    run = machine.last(Kind.CHANGES)
    assert (run.findings, run.changed) == (1, 1)
    assert machine.store.read([finding_of(control("c01"), "x").id]).popitem()[1].status is Status.ARCHIVED


def test_a_second_full_pass_writes_nothing(
    dynamodb: "DynamoDBClient", documents: list[dict[str, Any]], calls: "Calls"
) -> None:
    machine = Machine(dynamodb, SecurityHub(documents))
    for _ in range(2):
        machine.queue.append(Order(Kind.EVERYTHING))
        written = calls.count("PutItem")
        machine.work()
        machine.moment += timedelta(days=1)
    run = machine.last(Kind.EVERYTHING)
    assert (run.findings, run.changed) == (20, 0)
    assert calls.count("PutItem") - written <= 12, "only its own progress, page by page"


@pytest.mark.parametrize("kills", range(1, 40, 3))
def test_killed_at_any_call_it_goes_on_and_ends_with_the_same_store(
    dynamodb: "DynamoDBClient", documents: list[dict[str, Any]], kills: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(dynamodb, SecurityHub(documents))
    machine.queue.append(Order(Kind.EVERYTHING))
    calls = iter(range(1, 10_000))
    original = dynamodb._make_api_call  # type: ignore[attr-defined] # botocore's own way to every call

    def dying(operation: str, arguments: Any) -> Any:
        answer = original(operation, arguments)
        if next(calls) == kills:
            raise KilledError
        return answer

    monkeypatch.setattr(dynamodb, "_make_api_call", dying)
    for _ in range(100):
        if not machine.queue:
            break
        order = machine.queue[0]
        try:
            machine.sync.obey(order, iter([True, False, False]).__next__)
        except KilledError:
            continue
        machine.queue.remove(order)
    assert machine.last(Kind.EVERYTHING).is_done
    assert len(contents(machine, documents)) == 20


def test_an_order_that_comes_twice_or_late_begins_nothing_anew(
    dynamodb: "DynamoDBClient", documents: list[dict[str, Any]]
) -> None:
    hub = SecurityHub(documents)
    machine = Machine(dynamodb, hub)
    machine.queue.append(Order(Kind.EVERYTHING))
    machine.work()
    asked = len(hub.asked)
    machine.queue += [Order(Kind.EVERYTHING, step) for step in range(3)]
    machine.work()
    assert len(hub.asked) == asked


def test_a_run_under_way_is_pushed_rather_than_begun_anew(
    dynamodb: "DynamoDBClient", documents: list[dict[str, Any]]
) -> None:
    machine = Machine(dynamodb, SecurityHub(documents))
    machine.sync.obey(Order(Kind.EVERYTHING), lambda: True)
    machine.queue.clear()
    started = machine.last(Kind.EVERYTHING).started
    machine.queue.append(Order(Kind.EVERYTHING))
    machine.work()
    assert machine.last(Kind.EVERYTHING).is_done
    assert machine.last(Kind.EVERYTHING).started == started


def test_three_requests_a_second_and_longer_waits_when_that_is_too_often(
    dynamodb: "DynamoDBClient", documents: list[dict[str, Any]]
) -> None:
    hub = SecurityHub(documents)
    hub.refusals = [TOO_OFTEN] * 3
    machine = Machine(dynamodb, hub)
    machine.queue.append(Order(Kind.EVERYTHING))
    machine.work()
    assert machine.last(Kind.EVERYTHING).is_done
    backing_off = [wait for wait in machine.waits if wait >= 1]
    assert backing_off == [1, 2, 4]
    pacing = [wait for wait in machine.waits if wait < 1]
    assert len(pacing) == len(hub.asked) - 1
    assert all(0.3 < wait < 0.34 for wait in pacing)


def test_the_time_that_is_kept_lasts_for_the_longest_back_off(
    dynamodb: "DynamoDBClient", documents: list[dict[str, Any]]
) -> None:
    hub = SecurityHub(documents)
    machine = Machine(dynamodb, hub)
    machine.sync.obey(Order(Kind.EVERYTHING), lambda: True)
    hub.refusals = [TOO_OFTEN] * 8
    machine.work()
    assert machine.last(Kind.EVERYTHING).is_done
    assert sum(wait for wait in machine.waits if wait >= 1) < module._RESERVE_SECONDS


def test_another_refusal_brings_the_order_back(dynamodb: "DynamoDBClient", documents: list[dict[str, Any]]) -> None:
    hub = SecurityHub(documents)
    hub.refusals = [ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetFindings")]
    machine = Machine(dynamodb, hub)
    machine.sync.obey(Order(Kind.EVERYTHING), lambda: True)
    with pytest.raises(ClientError):
        machine.work()


def damage(dynamodb: "DynamoDBClient", finding_id: str) -> None:
    dynamodb.update_item(
        TableName="findings",
        Key={"id": {"S": finding_id}},
        UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": {"B": b"nonsense"}},
    )


def test_a_finding_that_cannot_be_stored_is_counted_and_holds_up_no_run(
    dynamodb: "DynamoDBClient", documents: list[dict[str, Any]]
) -> None:
    documents[5] = {**documents[5], "Note": {"Text": random_text(600_000)}}
    machine = Machine(dynamodb, SecurityHub(documents))
    machine.queue.append(Order(Kind.EVERYTHING))
    machine.work()
    run = machine.last(Kind.EVERYTHING)
    assert (run.is_done, run.refused, run.changed) == (True, 1, 19)
    assert len(contents(machine, documents)) == 19


def test_a_damaged_finding_is_counted_and_holds_up_no_run(
    dynamodb: "DynamoDBClient", documents: list[dict[str, Any]]
) -> None:
    hub = SecurityHub(documents)
    machine = Machine(dynamodb, hub)
    machine.queue.append(Order(Kind.EVERYTHING))
    machine.work()
    damage(dynamodb, finding_of(documents[5], "x").id)
    hub.documents = [{**one, "UpdatedAt": "2026-11-20T10:00:00Z"} for one in documents]
    machine.moment += timedelta(days=1)
    machine.queue.append(Order(Kind.EVERYTHING))
    machine.work()
    run = machine.last(Kind.EVERYTHING)
    assert (run.is_done, run.changed) == (True, 19)
    assert run.refused >= 1


def test_what_dynamodb_refuses_for_a_moment_is_not_passed_over(
    dynamodb: "DynamoDBClient", documents: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(dynamodb, SecurityHub(documents))
    machine.sync.obey(Order(Kind.EVERYTHING), lambda: True)
    original = dynamodb._make_api_call  # type: ignore[attr-defined] # botocore's own way to every call
    slower = {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slower"}}

    def throttled(operation: str, arguments: Any) -> Any:
        if operation == "PutItem" and arguments["TableName"] == "findings":
            raise ClientError(slower, operation)  # type: ignore[arg-type] # as botocore makes it
        return original(operation, arguments)

    with monkeypatch.context() as refusing:
        refusing.setattr(dynamodb, "_make_api_call", throttled)
        with pytest.raises(UpsertError):
            machine.work()
    assert not contents(machine, documents)
    machine.queue.append(Order(Kind.EVERYTHING))
    machine.work()
    assert machine.last(Kind.EVERYTHING).refused == 0
    assert len(contents(machine, documents)) == 20


def test_what_security_hub_forgot_is_stale_and_what_it_has_stays_open(
    dynamodb: "DynamoDBClient", finding: Make, documents: list[dict[str, Any]]
) -> None:
    hub = SecurityHub(documents)
    machine = Machine(dynamodb, hub)
    machine.queue.append(Order(Kind.EVERYTHING))
    machine.work()
    machine.store.upsert([finding("ours", first_seen="2026-10-01T00:00:00.000000Z")])
    hub.documents = [one for one in documents if one["Id"] != documents[3]["Id"] and one["Id"] != documents[18]["Id"]]
    machine.moment += timedelta(days=6)
    machine.queue.append(Order(Kind.EVERYTHING))
    machine.work(2)
    found = contents(machine, documents)
    states = {one.source_id: one.record_state for one in found.values()}
    assert states.pop(documents[3]["Id"]) is RecordState.STALE
    assert set(states.values()) == {RecordState.ACTIVE}
    assert machine.last(Kind.EVERYTHING).gone == 1
    ours = machine.store.get("ours")
    assert ours is not None
    assert ours.is_open
    hub.documents = [*hub.documents, {**documents[3], "UpdatedAt": "2026-11-27T13:00:00Z"}]
    machine.moment += timedelta(days=2)
    machine.queue.append(Order(Kind.CHANGES))
    machine.work()
    assert all(one.record_state is RecordState.ACTIVE for one in contents(machine, documents[3:4]).values())


def test_what_another_feed_brings_is_passed_over_and_holds_up_nothing(dynamodb: "DynamoDBClient") -> None:
    threats = [
        control(f"t{place:02}", ProductName="GuardDuty", UpdatedAt=f"2026-11-{1 + place:02}T09:00:00Z")
        for place in range(15)
    ]
    machine = Machine(dynamodb, SecurityHub([*threats, control("last", UpdatedAt="2026-11-19T09:00:00Z")]))
    machine.queue.append(Order(Kind.EVERYTHING))
    machine.work(1)
    run = machine.last(Kind.EVERYTHING)
    assert run.is_done
    assert run.changed == 1


def test_a_million_findings_are_read_a_page_at_a_time() -> None:
    class Endless(SecurityHub):
        def get_findings(self, **asked: Any) -> dict[str, Any]:
            start = int(asked.get("NextToken", 0))
            more = {"NextToken": str(start + 100)} if start < 1_000_000 else {}
            return {"Findings": [{"Id": str(start), "UpdatedAt": "2026-11-01T00:00:00Z"}], **more}

    reader = Reader(Endless([]), lambda: START, lambda _: None)
    pages = reader.changed("2026-08-01T00:00:00Z", "2026-11-20T00:00:00Z", is_active=True)
    assert sum(len(page.documents) for page in pages) == 10_001


@pytest.fixture
def new_hub() -> Iterator[Stubber]:
    client = botocore.session.get_session().create_client(
        "securityhub", "eu-central-1", aws_access_key_id="x", aws_secret_access_key="y"
    )
    with Stubber(client) as stubber:
        yield stubber


def test_the_new_security_hub_is_asked_as_its_api_wants_to_be(new_hub: Stubber) -> None:
    told = {"class_uid": 2003, "finding_info": {"uid": "f", "modified_time_dt": "2026-11-19T09:00:00Z"}}
    closed = {**told, "activity_name": "Close"}
    new_hub.add_response("get_findings_v2", {"Findings": [told, closed], "NextToken": "t"})
    new_hub.add_response("get_findings_v2", {"Findings": [told]})
    reader = ReaderV2(new_hub.client, lambda: START, lambda _: None)
    span = ("2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z")
    pages = list(reader.changed(*span, is_active=True))
    assert [len(page.documents) for page in pages] == [1, 1]
    assert pages[0].reached == "2026-11-19T09:00:00.000000Z"
    new_hub.add_response("get_findings_v2", {"Findings": [told]})
    (page,) = reader.known([finding_of({"Id": "f", "ProductArn": "p"}, "2026-11-19T09:00:00Z")])
    assert page.documents == [told]
    new_hub.assert_no_pending_responses()


def test_the_handler_obeys_orders_of_its_queue(
    aws: Callable[[str], Any], dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="sync")["QueueUrl"]
    hub = SecurityHub([control()])
    for name, value in {
        "FINDINGS_TABLE": "findings",
        "STATE_TABLE": "state",
        "HUB_ACCOUNT": "111122223333",
        "SYNC_QUEUE_URL": url,
        "IS_OCSF": "False",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(module, "aws_client", lambda service: hub if service == "securityhub" else aws(service))
    module._sync.cache_clear()

    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 300_000

    bodies = [json.dumps({"kind": "everything"}), "{", json.dumps({"kind": "nothing"})]
    records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
    answer = sync_handler({"Records": records}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]}
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == {"kind": "everything", "step": 0}
    module._sync.cache_clear()
