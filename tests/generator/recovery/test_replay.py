from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contract.names import USUAL_NAMES
from generator.problems import ProblemError
from generator.recovery.moments import Interval
from generator.recovery.place import Place
from generator.recovery.replay import described, follow, start

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ASKED = Interval(datetime(2026, 11, 25, 10, tzinfo=UTC), NOW)


@pytest.fixture
def events(hub: Place) -> Any:
    client = hub.client("events")
    bus = client.create_event_bus(Name="muster")["EventBusArn"]
    client.create_archive(ArchiveName="muster", EventSourceArn=bus)
    for rule in ("muster-detector", "muster-reports"):
        client.put_rule(Name=rule, EventBusName="muster", EventPattern='{"source": [{"prefix": ""}]}')
    return client


class Told:
    """A replay that is described with the given states, one after the other."""

    def __init__(self, *states: str) -> None:
        self.states = iter(states)

    def describe_replay(self, **_: Any) -> dict[str, Any]:
        answer = {"State": next(self.states), "EventStartTime": ASKED.since, "EventEndTime": ASKED.until}
        return {**answer, "EventLastReplayedTime": ASKED.since, "StateReason": "because"}


def test_a_replay_reaches_the_detectors_rule_alone(events: Any) -> None:
    name = start(events, USUAL_NAMES, ASKED, NOW)
    assert name.startswith("muster-20261125T120000Z-")
    made = events.describe_replay(ReplayName=name)
    assert [arn.rpartition("/")[2] for arn in made["Destination"]["FilterArns"]] == ["muster-detector"]
    assert made["Destination"]["Arn"].endswith("event-bus/muster")
    assert (made["EventStartTime"], made["EventEndTime"]) == (ASKED.since, ASKED.until)
    assert described(events, name).state == "COMPLETED"


def test_a_replay_is_followed_to_its_end_and_its_reason() -> None:
    told: Any = Told("STARTING", "RUNNING", "CANCELLING", "FAILED")
    seen = list(follow(told, "r", 0))
    assert [one.state for one in seen] == ["STARTING", "RUNNING", "CANCELLING", "FAILED"]
    assert seen[-1].reason == "because"
    assert seen[-1].last_replayed == ASKED.since


def test_an_eleventh_replay_is_refused_in_one_line(events: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise events.exceptions.LimitExceededException({"Error": {"Code": "LimitExceededException"}}, "StartReplay")

    monkeypatch.setattr(events, "start_replay", refuse)
    with pytest.raises(ProblemError, match="ten replays run in the hub account already; wait for one, or cancel one"):
        start(events, USUAL_NAMES, ASKED, NOW)


def test_another_refusal_is_not_mistaken_for_it(events: Any) -> None:
    backwards = Interval(ASKED.until, ASKED.since)
    with pytest.raises(ClientError, match="ValidationException"):
        start(events, USUAL_NAMES, backwards, NOW)
