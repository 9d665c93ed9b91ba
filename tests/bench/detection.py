"""B2 and B3: what judging an event costs."""

import random
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
import orjson

from generator.matcher import matches
from hub.detections.catalogue import DETECTIONS
from hub.detections.detection import Detection
from hub.detections.engine import Engine
from hub.detections.verdict import NOTHING, Verdict
from tests.bench.measure import Measure, paired
from tests.golden import FILES, events_of

CORPUS = 20_000
NOISE = 0.95
_decode = msgspec.json.Decoder().decode


@cache
def corpus() -> tuple[bytes, ...]:
    """Return seeded events: golden ones, which fire or nearly do, and 95 % of the same that nobody looks for."""
    chance = random.Random(1)
    # Of a burst one event: it would stand for ten.
    firsts = [events_of(path)[0] for path in FILES]
    golden = [orjson.dumps(event) for event in firsts if "userIdentity" in event["detail"]]
    events = []
    for _ in range(CORPUS):
        event = orjson.loads(chance.choice(golden))
        if chance.random() < NOISE:
            _quieten(event["detail"], f"DescribeThing{chance.randrange(300)}")
        events.append(orjson.dumps(event))
    return tuple(events)


def _quieten(record: dict[str, Any], name: str) -> None:
    """Make a record one that no detection looks at: neither for its call nor for who called, with what, how it went."""
    record |= {"eventName": name, "userAgent": "aws-cli/2.31.9"}
    record["userIdentity"] = {**record["userIdentity"], "type": "AssumedRole"}
    record.pop("errorCode", None)


def judge_all(engine: Engine, events: Sequence[bytes]) -> None:
    """Judge events as the detector does."""
    for event in events:
        _judged(engine, event)


def _judged(engine: Engine, event: bytes) -> Verdict:
    glance = engine.glance(event)
    return NOTHING if glance and engine.is_unwatched(glance) else engine.judge(_decode(event), "")


def _parse_all(events: Sequence[bytes]) -> None:
    # One at a time: what is kept would cost the collector's time, which is not the parser's.
    for event in events:
        orjson.loads(event)


def events_per_parse() -> dict[str, Measure]:
    """The full catalogue over events, parsing included, against parsing alone."""
    events, engine = corpus(), Engine(DETECTIONS)
    ours, parse = paired(lambda: judge_all(engine, events), lambda: _parse_all(events))
    per_event = 1e6 / len(events)
    baseline = ("orjson.loads", parse * per_event)
    return {"B2 detection per event": Measure(ours * per_event, "µs", 1.7, baseline)}


class Linear(Engine):
    """The engine without its index: every detection is asked whether it wants an event."""

    def candidates(self, detail: Mapping[str, Any]) -> list[Detection]:
        """Return the detections whose calls and filter match a record."""
        return [one for one in self.detections.values() if _wants(one, detail)]


def _wants(one: Detection, detail: Mapping[str, Any]) -> bool:
    wanted = {f"{source}:{name}" for source in (detail["eventSource"], "*") for name in (detail["eventName"], "*")}
    return not wanted.isdisjoint(one.api_calls) and matches(one.only, detail)


def indexed_like_linear() -> dict[str, Measure]:
    """Events of which glance and index find something else than trying every detection."""
    indexed, linear = Engine(DETECTIONS), Linear(DETECTIONS)
    different = sum(_judged(indexed, event) != linear.judge(_decode(event), "") for event in corpus())
    return {"B2 findings unlike those of every detection": Measure(different, "events", 0)}


def ten_times_as_many() -> dict[str, Measure]:
    """Ten times as many detections, the added ones about calls that nobody makes."""
    events = corpus()
    more = [_elsewhere(one, copy) for copy in range(9) for one in DETECTIONS]
    few, many = Engine(DETECTIONS), Engine([*DETECTIONS, *more])
    ours, baseline = paired(lambda: judge_all(many, events), lambda: judge_all(few, events))
    per_event = 1e6 / len(events)
    return {
        "B3 ten times the detections": Measure(
            ours * per_event, "µs", 1.1, (f"{len(DETECTIONS)} detections", baseline * per_event)
        )
    }


def _elsewhere(one: Detection, copy: int) -> Detection:
    calls = tuple(f"nobody.amazonaws.com:Call{copy}{hash(call)}" for call in one.api_calls)
    return msgspec.structs.replace(one, api_calls=calls)
