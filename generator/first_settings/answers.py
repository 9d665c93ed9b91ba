"""Answers so far: nested as `muster.toml` is, and checked as a whole file is."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from generator.config import Config
from generator.settings.mistakes import Mistake, mistakes

Place = tuple[str, ...]
Answers = Mapping[Place, Any]


def nested(answers: Answers) -> dict[str, Any]:
    """Return answers as `muster.toml` holds them; the tables that no file lacks are always there."""
    whole: dict[str, Any] = {"organization": {}, "aws": {}}
    for path, value in answers.items():
        table = whole
        for name in path[:-1]:
            table = table.setdefault(name, {})
        table[path[-1]] = value
    return whole


def wrong(answers: Answers, paths: Iterable[Place] = ((),)) -> list[Mistake]:
    """Return what is wrong at or below some paths."""
    try:
        Config.model_validate(nested(answers))
    except ValidationError as error:
        found = mistakes(error, Config)
        return [one for one in found if any(one.location[: len(path)] == path for path in paths)]
    return []
