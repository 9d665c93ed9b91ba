import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from generator.cli import app
from generator.commands import recovery
from generator.config import Config
from generator.dead_letters import DeadLetterQueue, Kind
from generator.recovery.letters import Left, Outcome
from generator.recovery.place import Place
from generator.recovery.redrive import Waiting
from generator.recovery.replay import Replay
from generator.snapshots import SNAPSHOTS

SETTINGS = ("--config", str(SNAPSHOTS / "muster.toml"))
MOMENT = datetime(2026, 11, 20, 9, tzinfo=UTC)
DETECTOR = DeadLetterQueue("D", "muster-detector-dlq", Kind.WORK, "muster-detector")
INVENTORY = DeadLetterQueue("I", "muster-inventory-dlq", Kind.CALLS, "muster-inventory")


def run(*arguments: str, answer: str = "") -> Any:
    return CliRunner().invoke(app, [*arguments, *SETTINGS], input=answer)


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch, config: Config) -> list[Waiting]:
    """Let two queues be there, of which the first holds three messages."""
    place = Place("111122223333", "eu-central-1", None)
    found = [
        Waiting(DETECTOR, place, "u", "arn:d", 3),
        Waiting(INVENTORY, place, "u", "arn:i", 0),
    ]
    monkeypatch.setattr(recovery, "hub_place", lambda *_: place)
    monkeypatch.setattr(recovery, "waiting", lambda *_: found)
    return found


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let a redrive end as told."""

    def told(*outcomes: Outcome | BaseException) -> None:
        def redriven(*_: Any) -> Iterator[Outcome]:
            for one in outcomes:
                if isinstance(one, BaseException):
                    raise one
                yield one

        monkeypatch.setattr(recovery, "redriven", redriven)

    return told


def test_a_plan_lists_every_queue_and_moves_nothing(waiting: Any, ends: Any) -> None:
    ends(AssertionError())
    ended = run("redrive", "--plan")
    assert ended.exit_code == 0
    assert [cell.strip() for cell in line(ended.stdout, "detector")[3:6]] == ["muster-detector-dlq", "work", "3"]
    listed = [json.loads(one) for one in run("redrive", "--plan", "--json").stdout.splitlines()]
    assert [(one["queue"], one["messages"], one["redriven"]) for one in listed] == [
        ("muster-detector-dlq", 3, 0),
        ("muster-inventory-dlq", 0, 0),
    ]


def line(text: str, word: str) -> list[str]:
    (found,) = [one for one in text.splitlines() if word in one]
    return found.split("│")


def test_what_stays_is_named_by_its_reason_and_fails_the_command(waiting: Any, ends: Any) -> None:
    left = tuple(Left(f"m{number}", "it is \x1b[31mbad\n") for number in range(5))
    ends(Outcome(1), Outcome(2, left))
    ended = run("redrive", "--yes")
    assert ended.exit_code == 1
    assert "eu-central-1 muster-detector-dlq: 2 redriven\n" in ended.stdout
    assert "  left: message m0, m1, m2 and 2 more: it is  [31mbad" in ended.stdout
    (report, _) = [json.loads(one) for one in run("redrive", "--yes", "--json").stdout.splitlines()]
    assert (report["redriven"], len(report["left"])) == (2, 5)


def test_nothing_is_moved_without_a_yes(waiting: Any, ends: Any) -> None:
    ends(AssertionError())
    assert run("redrive", answer="n\n").exit_code == 1
    ends(Outcome(3))
    assert "3 redriven" in run("redrive", answer="y\n").stdout


def test_whoever_stops_looking_hears_how_to_cancel_the_move(waiting: Any, ends: Any) -> None:
    ends(Outcome(1), KeyboardInterrupt())
    ended = run("redrive", "--yes")
    assert isinstance(ended.exception, recovery.StoppedError)
    assert ended.exception.exit_code == 130
    assert "`aws sqs list-message-move-tasks --source-arn arn:d` shows the handle" in str(ended.exception)


@pytest.fixture
def replaying(monkeypatch: pytest.MonkeyPatch, hub: Place) -> Any:
    """Let a replay be described as told."""
    monkeypatch.setattr(recovery, "hub_place", lambda *_: hub)
    monkeypatch.setattr(recovery, "start", lambda *_: "muster-1")

    def told(*states: str | BaseException) -> None:
        def follow(*_: Any) -> Iterator[Replay]:
            for state in states:
                if isinstance(state, BaseException):
                    raise state
                yield Replay(replay="muster-1", state=state, since=MOMENT, until=MOMENT, reason="because")

        monkeypatch.setattr(recovery, "follow", follow)

    return told


def test_a_replay_that_completes_is_a_success(replaying: Any) -> None:
    replaying("RUNNING", "COMPLETED")
    ended = run("replay", "--since", "2h", "--until", "1h", "--yes", "--json")
    assert ended.exit_code == 0
    assert json.loads(ended.stdout)["state"] == "COMPLETED"
    assert "may not be in the archive yet" not in ended.stderr


def test_the_question_says_the_interval_in_utc(replaying: Any) -> None:
    replaying("COMPLETED")
    ended = run("replay", "--since", "2h", answer="n\n")
    assert ended.exit_code == 1
    assert " UTC to the detector? [y/N]" in ended.stdout
    assert "may not be in the archive yet" in ended.stderr


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_a_replay_that_ends_otherwise_fails_with_its_reason(replaying: Any, state: str) -> None:
    replaying("RUNNING", state)
    ended = run("replay", "--since", "2h", "--yes")
    assert ended.exit_code == 1
    assert ended.stdout == f"replay muster-1: {state} because\n"


def test_whoever_stops_looking_hears_how_to_cancel_the_replay(replaying: Any, tmp_path: Path) -> None:
    replaying("RUNNING", KeyboardInterrupt())
    ended = run("replay", "--since", "2h", "--yes")
    assert isinstance(ended.exception, recovery.StoppedError)
    assert "replay muster-1 goes on. `aws events cancel-replay --replay-name muster-1` cancels it" in str(
        ended.exception
    )
