"""Writes `docs/configuration.md` from the model of the settings."""

from generator.config import Config
from generator.markdown import row
from generator.settings.tables import Presence, Setting, Table, tables
from generator.settings.written import example, heading, toml_value

_INTRODUCTION = """\
# Configuration

Generated from `generator/settings/` by `make docs`; edit the texts there. `muster.toml` says what Muster does; `muster
init` asks for what a first rollout needs and writes one that documents itself. A setting that is left out has its
default; a text stands in quotes, an account's id too. Whatever is wrong is said before anything happens, a line each
with file, line, setting and mend (exit code 2).
"""
_EXAMPLE = (
    "Every setting with a value; three tables make a first rollout: `[organization]`, `[aws]`, `[channels.email]`."
)
_PRESENCE = {
    Presence.ALWAYS: "",
    Presence.OPTIONAL: " The table may be left out.",
    Presence.REPEATED: " As many of these tables as are needed.",
    Presence.KEYED: " A table for each, its key in quotes.",
    Presence.NAMED: " As many of these tables as are needed: all but the first have a name of their own and `type`.",
}
_COLUMNS = ("setting", "type", "default", "allowed", "what it does")


def write_configuration_docs() -> str:
    """Return `docs/configuration.md`: a table for every table of `muster.toml`, and a complete example."""
    sections = [_section(table) for table in tables(Config)]
    ending = f"## A complete example\n\n{_EXAMPLE}\n\n```toml\n{example(Config)}\n```\n"
    return "\n".join([_INTRODUCTION, *sections, ending])


def _section(table: Table) -> str:
    lines = map(row, [_COLUMNS, ["---"] * len(_COLUMNS), *map(_cells, table.settings)])
    return "\n".join([f"## `{heading(table)}`", "", f"{table.what}.{_PRESENCE[table.presence]}", "", *lines, ""])


def _cells(one: Setting) -> list[str]:
    return [f"`{one.name}`", one.kind, _default(one), "" if one.allowed == one.kind else one.allowed, one.what]


def _default(one: Setting) -> str:
    if one.is_required:
        return "required"
    return "none" if one.default is None else f"`{toml_value(one.default)}`"
