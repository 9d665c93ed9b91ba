"""What is wrong in a settings file: one clear line each, with file, line, field, what is allowed and the mend."""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from generator.problems import BadInputError
from generator.settings.mistakes import mistakes
from generator.toml_lines import line_of

SHOWN = 10


class ConfigError(BadInputError):
    """The settings cannot be used; the text is a line for each thing that is wrong."""


def described(path: Path, text: str, error: ValidationError, model: type[BaseModel]) -> str:
    """Return a line for each thing wrong in a settings text that is checked by `model`, from its first line on."""
    found = sorted((line_of(text, one.location) or 0, one) for one in mistakes(error, model))
    lines = [f"{path}{f':{line}' if line else ''}: {one.line}" for line, one in found]
    more = [f"{path}: and {len(lines) - SHOWN} more"] if lines[SHOWN:] else []
    return "\n".join(lines[:SHOWN] + more)
