"""Fills the email's templates; every value is escaped here and nowhere else."""

import html
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).with_name("templates")


def one_line(value: str) -> str:
    """Return text without line ends, control characters and invisible ones that would reorder or hide text."""
    return " ".join("".join(character if character.isprintable() else " " for character in value).split())


def filled_html(name: str, values: Mapping[str, str], **markup: str) -> str:
    """Return an HTML template with values, which are escaped, and markup, which this module made."""
    escaped = {key: html.escape(one_line(value)) for key, value in values.items()}
    return _template(name).substitute(escaped, **markup)


def filled_text(name: str, values: Mapping[str, str], **blocks: str) -> str:
    """Return a text template with values, each one line, and blocks of lines that were made of such."""
    return _template(name).substitute({key: one_line(value) for key, value in values.items()}, **blocks)


@cache
def _template(name: str) -> Template:
    return Template((_FOLDER / name).read_text(encoding="utf-8"))
