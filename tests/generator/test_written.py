"""The file of `muster init` says what was chosen and is right in every commented line."""

import re
import tomllib
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest

from generator.config import Config, load
from generator.settings.tables import EXAMPLE_KEY, Presence, tables
from generator.settings.written import COLUMNS, commented, heading, toml_value

FIRST: dict[str, Any] = {
    "organization": {"id": "o-exampleorg1", "root": "r-exam"},
    "aws": {"hub_account": "111122223333", "home_region": "eu-central-1"},
}
MORE: dict[str, Any] = {
    "organization": {
        "id": "o-exampleorg1",
        "ous": ["ou-exam-12345678", "ou-exam-87654321"],
        "owner_tag": 'so "quoted" \\ and ü, 🐍, \x7f, \t',
        "management_account": "999999999999",
        "include_management_account": True,
    },
    "aws": {"hub_account": "111122223333", "home_region": "us-gov-west-1", "management_profile": "management"},
    "spoke": {"log_retention_days": 30, "trail": "organization"},
    "detections": {"allowed_ports": []},
    "channels": {"email": {"sender": "muster@example.com", "recipients": ["security@example.com"]}},
}


def written(chosen: dict[str, Any]) -> str:
    return commented(Config, chosen, "Settings.")


def loaded(folder: Path, text: str) -> Config:
    path = folder / "muster.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def uncommented(text: str, *, also_off: bool) -> str:
    """Take the # from every line that is TOML, in tables that are off only when asked."""
    lines, is_on = [], True
    for line in text.splitlines():
        is_toml = re.match(r"#[\[a-z]", line)
        if line.startswith(("[", "#[")):
            is_on = line.startswith("[")
        lines.append(line[1:] if is_toml and (is_on or also_off) else line)
    return "\n".join(lines)


def without_empty(table: dict[str, Any]) -> dict[str, Any]:
    """Return a table without the tables in it that say nothing."""
    inner = {name: without_empty(value) if isinstance(value, dict) else value for name, value in table.items()}
    return {name: value for name, value in inner.items() if value != {}}


@pytest.mark.parametrize("chosen", [FIRST, MORE])
def test_the_file_is_what_was_chosen_and_defaults(tmp_path: Path, chosen: dict[str, Any]) -> None:
    assert loaded(tmp_path, written(chosen)) == Config.model_validate(chosen)
    active = tomllib.loads(written(chosen))
    assert without_empty(active) == chosen


@pytest.mark.parametrize("chosen", [FIRST, MORE])
def test_its_commented_lines_are_the_defaults(tmp_path: Path, chosen: dict[str, Any]) -> None:
    text = uncommented(written(chosen), also_off=False)
    assert loaded(tmp_path, text) == Config.model_validate(chosen)
    whole = tomllib.loads(text)
    for table in tables(Config):
        if table.presence is Presence.ALWAYS:
            held = reduce(getitem, table.path, whole)
            assert {name for name, value in held.items() if not isinstance(value, dict)} == {
                one.name for one in table.settings
            }


def test_its_tables_that_are_off_can_be_turned_on(tmp_path: Path) -> None:
    config = loaded(tmp_path, uncommented(written(FIRST), also_off=True))
    assert config.channels.email
    assert config.overrides[0].accounts
    assert config.detections.by_id.keys() == {EXAMPLE_KEY}


def test_every_setting_is_there_with_its_text_in_80_columns() -> None:
    text = written(FIRST)
    for table in tables(Config):
        assert heading(table) in text
        for one in table.settings:
            assert re.search(rf"^#?{one.name} = ", text, re.MULTILINE)
    assert [line for line in text.splitlines() if line.startswith("# ") and len(line) > COLUMNS] == []


@pytest.mark.parametrize("value", ["", "\x00\x1f\x7f\x80", "\u2028", "C:\\new", True, 3, ["a", 'b"'], []])
def test_a_value_in_toml_reads_as_itself(value: Any) -> None:
    assert tomllib.loads(f"value = {toml_value(value)}") == {"value": value}
