"""The golden events: `tests/events/<detection>/fires-*.json` and `quiet-*.json`, each one event or several in order."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parent / "events"
FILES = sorted(EVENTS.glob("*/*.json"))


def events_of(path: Path) -> list[dict[str, Any]]:
    """Return the events of a file in their order."""
    held = json.loads(path.read_bytes())
    return held if isinstance(held, list) else [held]


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def every_event() -> Iterator[dict[str, Any]]:
    for path in FILES:
        yield from events_of(path)
