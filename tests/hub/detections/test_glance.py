"""A glance at an event: never does it overlook what a detection would see."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.detections.catalogue import DETECTIONS
from hub.detections.engine import Engine
from hub.detections.verdict import NOTHING
from tests.golden import every_event

OBSERVED_AT = "2026-11-20T12:00:00.000000Z"
GOLDEN = list(every_event())
ODD: Any = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2) | st.just({"a": {}})

engine = Engine(DETECTIONS)


def agrees(envelope: dict[str, Any]) -> bool:
    """Whether what a glance calls unwatched has no finding, and what it reads is what the whole holds."""
    seen = engine.glance(json.dumps(envelope))
    return not (seen and engine.is_unwatched(seen)) or engine.judge(envelope, OBSERVED_AT) == NOTHING


@pytest.mark.parametrize("envelope", GOLDEN, ids=lambda envelope: envelope["detail"].get("eventName", "native"))
def test_no_golden_event_is_overlooked(envelope: dict[str, Any]) -> None:
    assert agrees(envelope)
    if "eventName" in envelope["detail"]:
        seen = engine.glance(msgspec.json.encode(envelope))
        assert seen
        assert engine.candidates(seen["detail"]) == engine.candidates(envelope["detail"])


@given(envelope=st.sampled_from(GOLDEN), name=st.sampled_from(sorted(GOLDEN[0]["detail"])), odd=ODD)
def test_a_field_of_another_shape_is_never_overlooked(envelope: dict[str, Any], name: str, odd: Any) -> None:
    assert agrees({**envelope, "detail": {**envelope["detail"], name: odd}})


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '{"detail": []}', '"\\ud800"', "[" * 100_000])
def test_what_is_no_event_must_be_read_whole(body: str) -> None:
    seen = engine.glance(body)
    assert not (seen and engine.is_unwatched(seen))


def test_an_ordinary_call_is_unwatched_and_keeps_its_account() -> None:
    detail = {"eventSource": "monitoring.amazonaws.com", "eventName": "PutMetricData", "userIdentity": {"type": "Role"}}
    envelope = {"account": "111122223333", "detail-type": "AWS API Call via CloudTrail", "detail": detail}
    seen = engine.glance(json.dumps(envelope))
    assert seen == envelope
    assert engine.is_unwatched(seen)


def test_an_event_of_another_service_is_read_whole() -> None:
    seen = engine.glance(json.dumps({"account": "1", "detail-type": "GuardDuty Finding", "detail": {}}))
    assert seen
    assert not engine.is_unwatched(seen)
