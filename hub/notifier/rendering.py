"""A notification as HTML and as text: Jinja2 escapes every value of the HTML."""

import textwrap
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from contract.finding import Severity
from hub.notifier.notification import Kind, Notification

_TEMPLATES = Path(__file__).with_name("templates")
_COLUMNS = 78
_SHORT = 40
# A space at which no line ends (`textwrap` knows those of ASCII only); texts hold none (`one_line`).
_HARD = "\u00a0"
_ROWS_HEADINGS = {Kind.SUMMARY: "The worst of them", Kind.DIGEST: "Open for longest"}


class Colour(NamedTuple):
    """The bar's colour and that of text on it, with a contrast of at least 4.5 (WCAG 2.2, 1.4.3)."""

    bar: str
    ink: str


COLOURS: dict[Severity | None, Colour] = {
    Severity.CRITICAL: Colour("#7d105c", "#ffffff"),
    Severity.HIGH: Colour("#b3261e", "#ffffff"),
    Severity.MEDIUM: Colour("#f2a900", "#14171c"),
    Severity.LOW: Colour("#1f5fbf", "#ffffff"),
    Severity.INFORMATIONAL: Colour("#5b626c", "#ffffff"),
    None: Colour("#2f5d50", "#ffffff"),
}
# On dark paper, where the colours above could hardly be seen.
DARK_COLOURS: dict[Severity | None, Colour] = {
    Severity.CRITICAL: Colour("#ee6bbd", "#14171c"),
    Severity.HIGH: Colour("#ff7f75", "#14171c"),
    Severity.MEDIUM: Colour("#f2b93b", "#14171c"),
    Severity.LOW: Colour("#9cc4ff", "#14171c"),
    Severity.INFORMATIONAL: Colour("#b4bcc8", "#14171c"),
    None: Colour("#8fd0bd", "#14171c"),
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
        "name": one.severity.value if one.severity else one.kind.value.upper(),
        "colours": COLOURS,
        "dark_colours": DARK_COLOURS,
        "preview": " · ".join(text for text in (one.place, one.facts.get("Who", "")) if text),
        "rows_heading": _ROWS_HEADINGS.get(one.kind) or f"{len(one.rows) + one.more:,} more of the same kind",
    }


def _tone(severity: Severity | None) -> str:
    """Return the class of what has a severity's colour."""
    return f"tone-{severity.value.lower() if severity else 'none'}"


def _filled(text: str, beginning: str = "") -> str:
    """Return a text in lines of 78 columns behind `beginning`; what has no spaces stays whole.

    Of parts with dots between them, short ones stay whole too, and no line begins with a dot. Only the first line can
    begin at the left: what a finding says looks like no line of ours.
    """
    lines = textwrap.wrap(
        _with_hard_spaces(text),
        _COLUMNS,
        initial_indent=beginning,
        subsequent_indent=" " * (len(beginning) or 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace(_HARD, " ")


def _with_hard_spaces(text: str) -> str:
    parts = text.split(" · ")
    if len(parts) == 1:
        return text
    return f"{_HARD}· ".join(one.replace(" ", _HARD) if len(one) < _SHORT else one for one in parts)


def _underlined(heading: str) -> str:
    return f"{heading}\n{'-' * len(heading)}"


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
    environment.globals.update(columns=_columns, filled=_filled, underlined=_underlined, tone=_tone)
    return environment
