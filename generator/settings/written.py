"""Writes settings as `muster.toml`: the chosen ones, and every other one commented out at its default."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from generator.settings.mistakes import dotted
from generator.settings.tables import Presence, Setting, Table, tables

COLUMNS = 80

Settings = Mapping[str, Any]


def toml_value(value: Any) -> str:
    """Return a text, number, truth value or list in TOML, which writes them as JSON does, but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def heading(table: Table) -> str:
    """Return the line that begins a table."""
    name = dotted(table.path)
    return f"[[{name}]]" if table.presence is Presence.REPEATED else f"[{name}]"


def commented(model: type[BaseModel], chosen: Settings, introduction: str) -> str:
    """Return a whole file that documents itself; `chosen` is nested as the file is.

    A line that begins with # and no space is TOML: a default, or a table that is off, with examples.
    """
    parts = [_prose(introduction), *("\n".join(_table(table, chosen)) for table in tables(model))]
    return "\n\n".join(parts) + "\n"


def example(model: type[BaseModel]) -> str:
    """Return a file in which every setting has a value."""
    return "\n\n".join(
        "\n".join([heading(table), *(f"{one.name} = {toml_value(one.example)}" for one in table.settings)])
        for table in tables(model)
    )


def _table(table: Table, chosen: Settings) -> Iterator[str]:
    held = _held(chosen, table.path)
    is_on = table.presence is Presence.ALWAYS or bool(held)
    yield _prose(f"{table.what}.")
    yield heading(table) if is_on else f"#{heading(table)}"
    for one in table.settings:
        yield ""
        yield _prose(f"{one.what} ({one.allowed})." if _needs_form(one) else f"{one.what}.")
        yield _line(one, held, is_on=is_on)


def _needs_form(one: Setting) -> bool:
    return one.allowed not in {"any text", "true or false"}


def _line(one: Setting, held: Settings, *, is_on: bool) -> str:
    if one.name in held:
        return f"{one.name} = {toml_value(held[one.name])}"
    return f"#{one.name} = {toml_value(one.default if is_on else one.example)}"


def _held(chosen: Settings, path: tuple[str, ...]) -> Settings:
    for name in path:
        chosen = chosen.get(name) or {}
    return chosen


def _prose(text: str) -> str:
    return textwrap.fill(text, COLUMNS, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
