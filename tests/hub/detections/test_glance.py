"""A glance at an event: never does it overlook what a detection would see."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.finding import Severity
from hub.detections.catalogue import DETECTIONS
from hub.detections.detection import Detection
from hub.detections.engine import Engine
from hub.detections.glance import Watch

EVENTS = Path(__file__).parents[2] / "events"
GOLDEN: list[dict[str, Any]] = [json.loads(path.read_bytes()) for path in sorted(EVENTS.glob("*/*.json"))]
CALLS = sorted({call for one in DETECTIONS for call in one.api_calls})
engine = Engine(DETECTIONS)


def watching(*calls: str, **only: Any) -> Detection:
    return Detection(
        id="test.one",
        title="One",
        severity=Severity.LOW,
        api_calls=calls,
        predicate=lambda _event: True,
        family="test.one",
        only=only,
    )


def event(**record: Any) -> bytes:
    call = {"eventSource": "iam.amazonaws.com", "eventName": "CreateUser"}
    return json.dumps({"account": "111122223333", "detail": {**call, **record}}).encode()


def is_read(watch: Watch, body: bytes) -> bool:
    seen = watch.glance(body)
    return seen is None or seen.is_watched


@pytest.mark.parametrize("envelope", GOLDEN, ids=lambda envelope: str(envelope["detail"].get("eventName")))
def test_whatever_has_findings_is_read(envelope: dict[str, Any]) -> None:
    seen = engine.glance(json.dumps(envelope))
    assert seen is None or seen.is_watched or not engine.judge(envelope, "").findings


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["Root", "AssumedRole", ""]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "omitted", "a"]), inner),
    max_leaves=5,
)


@given(call=st.sampled_from(CALLS), other=st.sampled_from(GOLDEN), identity=ANYTHING, parameters=ANYTHING)
def test_whatever_has_findings_is_read_however_it_is_written(
    call: str, other: dict[str, Any], identity: Any, parameters: Any
) -> None:
    source, _, name = call.replace("*", "anything").partition(":")
    changed = {"eventSource": source, "eventName": name, "userIdentity": identity, "requestParameters": parameters}
    envelope = {**other, "detail": {**other["detail"], **changed}}
    seen = engine.glance(msgspec.json.encode(envelope))
    assert seen is None or seen.is_watched or not engine.judge(envelope, "").findings


def test_a_call_that_nobody_watches_is_not_read() -> None:
    watch = Watch([watching("iam.amazonaws.com:CreateUser")])
    assert is_read(watch, event())
    assert not is_read(watch, event(eventName="ListUsers"))
    assert not is_read(watch, event(eventSource="s3.amazonaws.com"))


@pytest.mark.parametrize("calls", ["iam.amazonaws.com:*", "*:*"])
def test_a_filter_is_looked_at_where_calls_are_not_named(calls: str) -> None:
    watch = Watch([watching(calls, userIdentity={"type": ["Root"]})])
    assert is_read(watch, event(userIdentity={"type": "Root"}))
    for identity in ({"type": "AssumedRole"}, {"type": ["Root"]}, {}, None):
        assert not is_read(watch, event(userIdentity=identity))
    assert not is_read(watch, event())


def test_what_an_operator_allows_is_left_to_the_engine() -> None:
    watch = Watch([watching("iam.amazonaws.com:*", userAgent=[{"prefix": "kali"}])])
    assert is_read(watch, event(userAgent="anything"))


@pytest.mark.parametrize(
    "body",
    [
        event(eventName=7),
        event(userIdentity="a text"),
        b'{"account": "111122223333"}',
        b'{"account": 7, "detail": {}}',
        b'{"account": "", "detail": {"eventSource": "a", "eventName": "b"}}',
        b"not JSON",
        b"[" * 100_000,
    ],
)
def test_what_is_not_as_expected_is_read(body: bytes) -> None:
    assert Watch([watching("*:*", userIdentity={"type": ["Root"]})]).glance(body) is None
