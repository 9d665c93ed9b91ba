"""What the pages tell people to run exists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command_name

from generator.cli import app

ROOT = Path(__file__).parents[2]
COMMANDS = {one.name or get_command_name(one.callback.__name__) for one in app.registered_commands if one.callback}
COMMANDS |= {one.name for one in app.registered_groups if isinstance(one.name, str)}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def _texts() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "dashboard").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield str(path.relative_to(ROOT)), node.value


@pytest.mark.parametrize(("tool", "known"), [("muster", COMMANDS), ("make", TARGETS)])
def test_every_command_that_a_page_names_exists(tool: str, known: set[str]) -> None:
    named = {(file, word) for file, words in _texts() for word in re.findall(rf"\b{tool} ([a-z]+)", words)}
    assert named
    assert not {(file, word) for file, word in named if word not in known}
