"""One clear line for what is wrong in a settings file: file, line, field, what is allowed, the mend."""

import difflib
import json
import re
from pathlib import Path
from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from generator.problems import BadInputError

_HEADER = re.compile(r"^\s*\[\[?([^\]]+)\]\]?")
_KEY = re.compile(r"""^\s*("(?:[^"]*)"|'(?:[^']*)'|[A-Za-z0-9_.-]+)\s*=""")

Location = tuple[int | str, ...]


class ConfigError(BadInputError):
    """The settings cannot be used; the text is one line for a person."""


def described(path: Path, text: str, error: ValidationError, model: type[BaseModel]) -> str:
    """Return the line for the first thing wrong in a settings text that is checked by `model`."""
    # A misspelt key also leaves the right one missing: the misspelling is the cause.
    first = min(error.errors(include_url=False), key=lambda one: one["type"] != "extra_forbidden")
    location: Location = first["loc"]
    field = ".".join(str(part) for part in location)
    number = line_of(text, location)
    place = f"{path}:{number}" if number else str(path)
    return f"{place}: {f'{field}: ' if field else ''}{_said(first, location, model)}"


def _said(error: Any, location: Location, model: type[BaseModel]) -> str:
    if error["type"] == "extra_forbidden":
        return _unknown(str(location[-1]), model_at(model, location[:-1]))
    wanted = _description(model, location)
    if error["type"] == "missing":
        return f"is missing; add it: {wanted}"
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "value_error":
        return message
    value = json.dumps(error["input"], default=str, ensure_ascii=False)
    return f"{value} cannot be used: {message[:1].lower()}{message[1:]}; write {wanted}"


def _unknown(key: str, model: type[BaseModel] | None) -> str:
    known = sorted(model.model_fields) if model else []
    near = difflib.get_close_matches(key, known, n=1)
    mend = f"did you mean {near[0]}?" if near else "remove it"
    return f"is no setting; {mend} Allowed here: {', '.join(known)}"


def _description(model: type[BaseModel], location: Location) -> str:
    names = [part for part in location if isinstance(part, str)]
    for length in range(len(names), 0, -1):
        holder = model_at(model, tuple(names[: length - 1]))
        field = holder.model_fields.get(names[length - 1]) if holder else None
        if field:
            return field.description or names[length - 1]
    return "what `muster.toml` documents"


def model_at(model: type[BaseModel], location: Location) -> type[BaseModel] | None:
    """Return the model of the table at a location, or None where there is none."""
    found: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, int):
            continue
        field = found.model_fields.get(part) if found else None
        found = _model_of(field.annotation if field else _extra(found))
    return found


def _extra(model: type[BaseModel] | None) -> Any:
    hint = model.__annotations__.get("__pydantic_extra__") if model else None
    return get_args(hint)[1] if hint else None


def _model_of(annotation: Any) -> type[BaseModel] | None:
    candidates = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)), None)


def line_of(text: str, location: Location) -> int | None:
    """Return the line (from 1) of the key at a location, else of the table that should hold it, else None."""
    wanted = tuple(str(part) for part in location if isinstance(part, str))
    table: tuple[str, ...] = ()
    lines: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _parts(header[1])
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_parts(key[1])), number)
    return next((lines[wanted[:end]] for end in range(len(wanted), 0, -1) if wanted[:end] in lines), None)


def _parts(dotted: str) -> tuple[str, ...]:
    """Split a dotted TOML key; a quoted part may hold dots."""
    found = re.findall(r"""\s*(?:"([^"]*)"|'([^']*)'|([^.\s"']+))\s*\.?""", dotted)
    return tuple(double or single or bare for double, single, bare in found)
