"""B2 and B3: what judging an event costs."""

import random
from pathlib import Path

import msgspec
import orjson

from hub.detections.catalogue import DETECTIONS
from hub.detections.detection import Detection
from hub.detections.engine import Engine
from tests.bench.measure import Measure, paired

EVENTS = Path(__file__).parent.parent / "events"
CORPUS = 20_000
NOISE = 0.95
_decode = msgspec.json.Decoder().decode


def corpus() -> list[bytes]:
    """Return seeded events: golden ones that fire, and 95 % of the same with names that nobody looks for."""
    chance = random.Random(1)
    golden = [file.read_bytes() for file in sorted(EVENTS.glob("*/fires-*.json"))]
    events = []
    for _ in range(CORPUS):
        event = orjson.loads(chance.choice(golden))
        if chance.random() < NOISE:
            event["detail"]["eventName"] = f"DescribeThing{chance.randrange(300)}"
            event["detail"]["userIdentity"] = {**event["detail"]["userIdentity"], "type": "AssumedRole"}
        events.append(orjson.dumps(event))
    return events


def _judge_all(engine: Engine, events: list[bytes]) -> None:
    for event in events:
        engine.judge(_decode(event), "")


def events_per_parse() -> dict[str, Measure]:
    """The full catalogue over events, parsing included, against parsing alone."""
    events, engine = corpus(), Engine(DETECTIONS)
    ours, parse = paired(lambda: _judge_all(engine, events), lambda: [orjson.loads(event) for event in events])
    per_event = 1e6 / len(events)
    baseline = ("orjson.loads", parse * per_event)
    return {"B2 detection per event": Measure(ours * per_event, "µs", 1.7, baseline)}


def ten_times_as_many() -> dict[str, Measure]:
    """Ten times as many detections, the added ones about calls that nobody makes."""
    events = corpus()
    more = [_elsewhere(one, copy) for copy in range(9) for one in DETECTIONS]
    few, many = Engine(DETECTIONS), Engine([*DETECTIONS, *more])
    ours, baseline = paired(lambda: _judge_all(many, events), lambda: _judge_all(few, events))
    per_event = 1e6 / len(events)
    return {
        "B3 ten times the detections": Measure(
            ours * per_event, "µs", 1.1, (f"{len(DETECTIONS)} detections", baseline * per_event)
        )
    }


def _elsewhere(one: Detection, copy: int) -> Detection:
    calls = tuple(f"nobody.amazonaws.com:Call{copy}{hash(call)}" for call in one.api_calls)
    return msgspec.structs.replace(one, api_calls=calls)
