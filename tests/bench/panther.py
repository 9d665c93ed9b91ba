"""B2's peer: panther_core with a rule for each of our detections, on the same bytes in the same run."""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uv

from hub.detections.catalogue import DETECTIONS
from hub.detections.detection import Detection
from hub.detections.engine import Engine
from tests.bench.detection import corpus, judge_all
from tests.bench.measure import Measure, PeerMissingError, Unmeasured, cpu_of, in_turn, peer_installed

# What panther_core imports and does not name among its dependencies comes after it.
PEER = ("panther-core==0.16.3", "python-dateutil==2.9.0.post0", "jmespath==1.1.0")
EVENTS = 2_000
ROUNDS = 5
CHILD = Path(__file__).with_name("panther_rounds.py")
NAME = "B2 detection beside panther_core"


def events_beside_panther() -> dict[str, Measure | Unmeasured]:
    """The full catalogue over events, parsing included on both sides."""
    events, engine = corpus()[:EVENTS], Engine(DETECTIONS)
    try:
        with _peer(events) as peer:
            ours, theirs = in_turn(lambda: cpu_of(lambda: judge_all(engine, events)), peer.round, rounds=ROUNDS)
    except PeerMissingError as error:
        return {NAME: Unmeasured(str(error))}
    per_event = 1e6 / len(events)
    baseline = (f"panther_core, {len(DETECTIONS)} rules", theirs * per_event)
    return {NAME: Measure(ours * per_event, "µs", 1 / 60, baseline)}


def rule_body(one: Detection) -> str:
    """Return a detection's calls and filter as a rule of Panther; no more, so that the peer has the least to do."""
    tests = [_call_test(*call.split(":")) for call in one.api_calls]
    filters = [f" and event.deep_get(*{path}) in {values}" for path, values in _leaves(one.only)]
    return f"def rule(event):\n    return ({' or '.join(dict.fromkeys(tests))}){''.join(filters)}\n"


def _call_test(source: str, name: str) -> str:
    wanted = {"eventSource": source, "eventName": name}
    return (
        " and ".join(f"event.get({field!r}) == {value!r}" for field, value in wanted.items() if value != "*") or "True"
    )


def _leaves(only: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    for name, wanted in only.items():
        if isinstance(wanted, Mapping):
            yield from _leaves(wanted, (*path, name))
        elif not any(isinstance(one, Mapping) for one in wanted):
            yield (*path, name), list(wanted)


class _Peer:
    """A started peer, which takes its time only when it is asked to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def answer(self) -> float:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("panther_core ended before its time; what it said stands above")
        return float(line)

    def round(self) -> float:
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self.answer()


@contextmanager
def _peer(events: list[bytes]) -> Iterator[_Peer]:
    first, *more = PEER
    run = [uv.find_uv_bin(), "tool", "run", "--quiet", "--from", first, *(f"--with={one}" for one in more), "python"]
    peer_installed([*run, "-c", "import panther_core.rule"])
    with tempfile.TemporaryDirectory() as folder:
        rules, lines = Path(folder, "rules.json"), Path(folder, "events.jsonl")
        rules.write_text(json.dumps({one.id: rule_body(one) for one in DETECTIONS}), encoding="utf-8")
        lines.write_bytes(b"\n".join(events))
        command = [*run, str(CHILD), str(rules), str(lines)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            peer = _Peer(process)
            if not peer.answer():
                raise RuntimeError("panther_core found nothing in the events")
            yield peer
            process.communicate()
