"""A notification as HTML and as text: Jinja2 escapes every value of the HTML."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from contract.finding import Severity
from hub.notifier.notification import Kind, Notification

_TEMPLATES = Path(__file__).with_name("templates")
_COLUMNS = 78
_ROWS_HEADINGS = {Kind.ALERT: "Also", Kind.SUMMARY: "The worst of them", Kind.DIGEST: "Open for longest"}


class Colour(NamedTuple):
    """The bar's colour and that of text on it, with a contrast of at least 4.5 (WCAG 2.2, 1.4.3)."""

    bar: str
    ink: str


COLOURS: dict[Severity | None, Colour] = {
    Severity.CRITICAL: Colour("#7d105c", "#ffffff"),
    Severity.HIGH: Colour("#b3261e", "#ffffff"),
    Severity.MEDIUM: Colour("#f2a900", "#1a1d21"),
    Severity.LOW: Colour("#1f5fbf", "#ffffff"),
    Severity.INFORMATIONAL: Colour("#5b626c", "#ffffff"),
    None: Colour("#2f5d50", "#ffffff"),
}


def as_html(one: Notification) -> str:
    """Return a notification as a page that needs nothing from anywhere, but for its pictures in the same message."""
    return _environment().get_template("notification.html").render(_values(one))


def as_text(one: Notification) -> str:
    """Return a notification as plain text."""
    return _environment().get_template("notification.txt").render(_values(one))


def _values(one: Notification) -> dict[str, object]:
    return {
        "one": one,
        "badge": one.severity.value if one.severity else one.kind.value.upper(),
        "colour": COLOURS[one.severity],
        "preview": " · ".join(text for text in (one.place, one.facts.get("Who", "")) if text),
        "rows_heading": _ROWS_HEADINGS.get(one.kind, ""),
    }


def _columns(cells: Sequence[str]) -> str:
    """Return a row of a table: its first cell at the left, the others at the right."""
    ending = "  ".join(cell.rjust(9) for cell in cells[1:])
    return f"{cells[0].ljust(max(0, min(_COLUMNS, 60) - len(ending)))}  {ending}".rstrip()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["columns"] = _columns
    return environment
