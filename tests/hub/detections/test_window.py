"""Counting: one finding for a burst, whatever order and however often its events arrive."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.finding import Finding, Severity
from hub.detections.window import EMPTY, Alert, Memory, Sighting, counted, raised

FINDING = Finding(
    id="f1", detection="api.x", title="", severity=Severity.LOW, account="111122223333", region="", resource=""
)


def sighting(at: int, *things: str, event: str = "", **changes: Any) -> Sighting:
    name = event or f"e{at}"
    usual: dict[str, Any] = {"detection": "api.x", "key": "alice", "count": 3, "seconds": 600, "finding": FINDING}
    return Sighting(at=at, event=name, things=things or (name,), **(usual | changes))


def alerts(sightings: list[Sighting]) -> list[Alert]:
    memory, found = EMPTY, []
    for one in sightings:
        memory, alert = counted(memory, one)
        found += [alert] if alert else []
    return found


def test_the_sighting_that_completes_the_count_alerts_and_the_next_ones_do_not() -> None:
    (alert,) = alerts([sighting(at) for at in range(0, 500, 50)])
    assert (alert.event, alert.things) == ("e100", ("e0", "e50", "e100"))


def test_what_goes_on_for_longer_than_a_window_alerts_again() -> None:
    assert [alert.at for alert in alerts([sighting(at) for at in range(0, 1500, 100)])] == [200, 1000]


def test_sightings_too_far_apart_never_add_up() -> None:
    assert alerts([sighting(at) for at in range(0, 6000, 301)]) == []


def test_a_burst_across_any_border_is_counted() -> None:
    assert len(alerts([sighting(at) for at in (599, 600, 601)])) == 1


def test_the_same_thing_again_is_one_thing() -> None:
    assert alerts([sighting(at, "secret-1") for at in range(0, 100, 10)]) == []
    assert len(alerts([sighting(at, f"secret-{at}") for at in range(0, 30, 10)])) == 1


def test_one_event_may_bring_many_things() -> None:
    (alert,) = alerts([sighting(5, "i-1", "i-2", "i-3", "i-4")])
    assert alert.things == ("i-1", "i-2", "i-3", "i-4")


def test_a_count_of_one_is_first_seen() -> None:
    found = alerts([sighting(at, count=1, seconds=86_400) for at in (0, 10, 80_000, 86_500)])
    assert [alert.at for alert in found] == [0, 86_500]


def test_a_sighting_that_comes_again_gives_its_alert_again_and_changes_nothing() -> None:
    memory = EMPTY
    for at in (0, 50, 100):
        memory, _ = counted(memory, sighting(at))
    again, alert = counted(memory, sighting(100))
    assert alert is not None
    assert again is memory
    assert counted(memory, sighting(50)) == (memory, None)


def test_a_sighting_that_is_covered_by_an_alert_costs_no_write() -> None:
    memory, _ = counted(EMPTY, sighting(0, count=1))
    assert counted(memory, sighting(599, count=1)) == (memory, None)
    assert counted(memory, sighting(599, count=1))[0] is memory


def test_a_late_sighting_is_counted_with_those_of_its_time() -> None:
    (alert,) = alerts([sighting(0), sighting(700), sighting(50), sighting(100)])
    assert set(alert.things) == {"e0", "e50", "e100"}


@given(st.lists(st.integers(0, 5_000), max_size=60), st.randoms(use_true_random=False))
def test_memory_stays_small_and_alerts_are_apart_in_any_order(times: list[int], chance: random.Random) -> None:
    chance.shuffle(times)
    memory, found = EMPTY, []
    for number, at in enumerate(times):
        memory, alert = counted(memory, sighting(at, event=f"e{number}"))
        found += [alert] if alert else []
    assert len(memory.seen) <= 3 * 5 * 3
    assert len(memory.alerts) <= 5
    assert all(len(alert.things) == 3 for alert in found)


@given(st.lists(st.integers(0, 3_000), min_size=3, max_size=40))
def test_in_order_the_first_burst_is_found_exactly(times: list[int]) -> None:
    times = sorted(times)
    first = next((last for first, last in zip(times, times[2:], strict=False) if last - first < 600), None)
    found = alerts([sighting(at, event=f"e{number}") for number, at in enumerate(times)])
    assert (found[0].at if found else None) == first


def test_the_finding_of_a_burst_tells_what_was_counted() -> None:
    one = sighting(9, "secret-1", "secret-2")
    finding = raised(one, Alert(9, "e9", ("secret-1", "secret-2")))
    assert finding.details == {
        "count": 2,
        "within_seconds": 600,
        "by": "alice",
        "counted": ["secret-1", "secret-2"],
    }


def test_the_finding_of_plain_events_lists_nothing() -> None:
    assert "counted" not in raised(sighting(9, is_list_told=False), Alert(9, "e9", ("e9",))).details


@pytest.mark.parametrize("memory", [Memory(), Memory({"a": 1}, (Alert(1, "e", ("a",)),))])
def test_memory_survives_the_store(memory: Memory) -> None:
    assert msgspec.json.decode(msgspec.json.encode(memory), type=Memory) == memory
