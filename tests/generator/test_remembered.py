"""Counts of recorded events: in whichever order they come, in bounded memory."""

import msgspec

from contract.finding import Finding, Severity
from generator.remembered import RememberedWindows
from hub.detections.window import Sighting

DAY = 86_400
FOUND = Finding(
    id="1", detection="d", title="t", severity=Severity.LOW, account="111122223333", region="us-east-1", resource="r"
)


def sighting(key: str, day: int, event: str) -> Sighting:
    return Sighting(
        detection="d", key=key, at=day * DAY, event=event, things=(event,), count=1, seconds=DAY, finding=FOUND
    )


def test_a_key_that_goes_back_in_time_is_quiet_on_the_days_of_its_alerts() -> None:
    windows = RememberedWindows()
    assert all(windows.count(sighting("k", day, f"a{day}")) for day in range(30))
    assert not any(windows.count(sighting("k", day, f"b{day}")) for day in range(30))
    assert windows.count(sighting("k", 31, "c"))


def test_the_same_event_again_is_the_same_alert_and_remembered_once() -> None:
    windows = RememberedWindows(most=2)
    again = msgspec.structs.replace(sighting("k", 1, "a"))
    assert windows.count(sighting("k", 1, "a")) == windows.count(again)
    assert windows.count(sighting("k", 1, "b")) is None


def test_keys_and_alerts_are_remembered_up_to_a_number_the_latest_seen_key_for_longest() -> None:
    windows = RememberedWindows(most=5)
    for key in "ab":
        assert windows.count(sighting(key, 1, key))
    assert windows.count(sighting("a", 1, "later")) is None
    assert windows.count(sighting("a", 3, "third"))
    assert windows.count(sighting("c", 1, "c"))
    assert windows.count(sighting("a", 1, "kept")) is None
    assert windows.count(sighting("b", 1, "forgotten"))
