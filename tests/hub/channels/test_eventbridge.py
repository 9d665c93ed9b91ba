"""A bus gets an event for each finding, ten at a time and no more than it takes."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from contract.finding import Finding
from hub.channels.channel import ChannelError
from hub.channels.eventbridge import EventbridgeChannel
from hub.channels.settings import Eventbridge
from hub.notifier.notification import Kind, Notification, Table

Told = Callable[..., Notification]
SETTINGS = Eventbridge(name="bus", bus="security")


class Bus:
    """PutEvents; refuses what `refuses` says of a call's number and an event's place."""

    def __init__(self, refuses: Callable[[int, int], bool] = lambda *_: False) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self.taken: list[Any] = []
        self._refuses = refuses

    def put_events(self, **asked: Any) -> dict[str, Any]:
        entries = asked["Entries"]
        self.calls.append(entries)
        assert 0 < len(entries) <= 10
        assert sum(len(str(value).encode()) for one in entries for value in one.values()) <= 256 * 1024
        refused = [self._refuses(len(self.calls), place) for place in range(len(entries))]
        details = [msgspec.json.decode(one["Detail"]) for one in entries]
        self.taken += [detail for detail, is_refused in zip(details, refused, strict=True) if not is_refused]
        answers = [{"ErrorCode": "ThrottlingException"} if one else {"EventId": "e"} for one in refused]
        return {"FailedEntryCount": sum(refused), "Entries": answers}


def channel(bus: Bus) -> EventbridgeChannel:
    return EventbridgeChannel(bus, SETTINGS)  # type: ignore[arg-type]


def test_each_finding_is_an_event_of_its_own(told: Told, finding: Callable[..., Finding]) -> None:
    bus = Bus()
    channel(bus).send(told(*(finding(f"f{number}") for number in range(12))))
    assert [len(one) for one in bus.calls] == [10, 2]
    assert [one["finding"]["id"] for one in bus.taken] == [f"f{number}" for number in range(12)]
    [entry] = {(one["EventBusName"], one["Source"], one["DetailType"]) for call in bus.calls for one in call}
    assert entry == ("security", "muster.hub", "Muster Finding")
    assert (bus.taken[0]["schema"], bus.taken[0]["delivery"]) == (1, "20261120T090000-abc")
    assert bus.taken[0]["finding"]["status"] == "OPEN"


def test_a_rule_sees_them(aws: Callable[[str], Any], told: Told) -> None:
    events, sqs = aws("events"), aws("sqs")
    events.create_event_bus(Name="security")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = '{"source": ["muster.hub"], "detail": {"finding": {"severity": ["HIGH"]}}}'
    events.put_rule(Name="r", EventBusName="security", EventPattern=pattern)
    events.put_targets(Rule="r", EventBusName="security", Targets=[{"Id": "q", "Arn": arn}])
    EventbridgeChannel(events, SETTINGS).send(told())
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    event = msgspec.json.decode(message["Body"])
    assert event["detail-type"] == "Muster Finding"
    assert event["detail"]["finding"]["detection"] == "iam.access_key_created"


def test_what_the_bus_was_too_busy_for_is_put_again_alone(told: Told, finding: Callable[..., Finding]) -> None:
    bus = Bus(lambda call, place: call == 1 and place % 2 == 0)
    channel(bus).send(told(*(finding(f"f{number}") for number in range(4))))
    assert [len(one) for one in bus.calls] == [4, 2]
    assert sorted(one["finding"]["id"] for one in bus.taken) == ["f0", "f1", "f2", "f3"]


def test_what_stays_refused_is_a_failure(told: Told) -> None:
    bus = Bus(lambda *_: True)
    with pytest.raises(ChannelError, match="bus security refuses 1 events: ThrottlingException"):
        channel(bus).send(told())
    assert len(bus.calls) == 3


def test_a_call_that_is_refused_says_what_mends_it(told: Told) -> None:
    class Gone(Bus):
        def put_events(self, **_: Any) -> dict[str, Any]:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no bus"}}, "PutEvents")

    with pytest.raises(ChannelError, match="bus security: ResourceNotFoundException: no bus; see that it is there"):
        channel(Gone()).send(told())


def test_hostile_findings_stay_within_a_call(hostile: Notification) -> None:
    bus = Bus()
    channel(bus).send(hostile)
    assert len(bus.taken) == 12


def test_a_finding_of_any_size_is_an_event(told: Told, finding: Callable[..., Finding]) -> None:
    bus = Bus()
    lists = dict.fromkeys(("resources", "types", "standards", "also"), ("ü" * 10_000,) * 200)
    channel(bus).send(told(finding(description="ü" * 1_000_000, **lists)))
    [event] = bus.taken
    assert event["finding"]["id"] == "f1"


def test_a_digest_is_no_event() -> None:
    bus = Bus()
    table = Table("New", ("Severity", "Findings"), (("HIGH", "3"),))
    channel(bus).send(Notification(id="i", kind=Kind.DIGEST, subject="s", title="t", tables=(table,)))
    assert bus.calls == []


def test_a_test_is_recognised(tested: Notification) -> None:
    bus = Bus()
    channel(bus).send(tested)
    [event] = bus.taken
    assert (event["kind"], event["test"]) == ("test", "This is a test of channel payments")
