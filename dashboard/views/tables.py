"""Tables whose heads sort them, over all rows and not only over those that are shown. The order is in the address.

A cell is compared by what it shows: a time by its moment, a severity by its rank, a share by how much of it is there, a
number by its size, anything else as text; what says nothing comes last.
"""

import html
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar
from urllib.parse import urlencode

import msgspec
import streamlit as st

from contract.finding import Severity
from dashboard.filtering import SORT
from dashboard.markup import NOTHING, Html, card, headed_table, joined, link, text

_THE_FILE = "the file has them all"
_SHOWN = 15
_TIME = re.compile(r'datetime="([^"]+)"')
_LABEL = re.compile(r'aria-label="([^"]*)"')
_SHARE = re.compile(r"(\d[\d,]*) of (\d[\d,]*)")
# Such as `1,234`, `$9.50`, `98.1 %`, `≥ 20`.
_NUMBER = re.compile(r"(?:≥ )?[$+]?(\d[\d,]*(?:\.\d+)?)(?=$|[\s%])")
_TAG = re.compile(r"<[^>]*>")
_SAYS_NOTHING = {"", "–", "·", "never", "none"}  # noqa: RUF001 - the dash of a table
_RANKS = {one.lower(): one.rank for one in Severity}
Item = TypeVar("Item")
Row = tuple[Html, ...]
# Of numbers and shares the largest are wanted first.
_Key = tuple[bool, float, str]


class _Asked(msgspec.Struct, frozen=True):
    """By which column a table is sorted, and whether the largest come first."""

    column: int
    is_down: bool


def listed(  # noqa: PLR0913 - what a table is made of
    title: str,
    columns: Sequence[str],
    items: Sequence[Item],
    row: Callable[[Item], Row],
    *,
    below: Callable[[Item], Html | None] | None = None,
    name: str = "",
    hint: str = "",
    aside: Html = NOTHING,
    most: int = _SHOWN,
    rest: str = _THE_FILE,
) -> Html:
    """Return a panel with the first of some items as a table; `rest` says where the others are.

    `below` is what stands under an item's row, over all columns. `name` tells the table from others of the page, where
    its title changes.
    """
    name = _slug(name or title)
    asked = _asked(name, len(columns))
    shown = _in_order(items, row, asked)[:most] if asked else items[:most]
    rows = [row(one) for one in shown]
    heads = [_head(words, place, name, asked, rows) for place, words in enumerate(columns)]
    cut = f"{most:,} of {len(items):,}; {rest}." if len(items) > most else ""
    body = headed_table(heads, _with_below(shown, rows, below), title)
    return card(title, body, " ".join(filter(None, (hint, cut))), aside)


def _with_below(
    items: Sequence[Item], rows: Sequence[Row], below: Callable[[Item], Html | None] | None
) -> Iterator[Row]:
    for one, row in zip(items, rows, strict=True):
        yield row
        if below and (under := below(one)):
            yield (under,)


def _asked(name: str, columns: int) -> _Asked | None:
    table, _, said = st.query_params.get(SORT, "").partition("~")
    column = said.removeprefix("-")
    if table != name or not column.isdecimal() or int(column[:3]) >= columns:
        return None
    return _Asked(int(column[:3]), said.startswith("-"))


def _head(words: str, place: int, name: str, asked: _Asked | None, rows: Sequence[Row]) -> Html:
    if not words:
        return NOTHING
    is_asked = asked is not None and asked.column == place
    is_down = not asked.is_down if asked and is_asked else _begins_down(place, rows)
    query = {key: st.query_params.get_all(key) for key in st.query_params if key != SORT}
    order = f"{name}~{'-' if is_down else ''}{place}"
    address = f"?{urlencode({**query, SORT: order}, doseq=True)}"
    if not (asked and is_asked):
        return link(address, text(words))
    arrow, label = ("▾", "the largest first") if asked.is_down else ("▴", "the smallest first")
    return link(address, joined((text(words), Html(f'<span aria-label="sorted, {label}"> {arrow}</span>'))))


def _begins_down(place: int, rows: Sequence[Row]) -> bool:
    """Whether a column's first order is from its largest to its smallest: of numbers and severities it is."""
    found = (one[place] for one in rows if len(one) > place)
    return any(not _key(cell)[2] for cell in found if _says_something(cell))


def _in_order(items: Sequence[Item], row: Callable[[Item], Row], asked: _Asked) -> list[Item]:
    cells = [(row(one)[asked.column], one) for one in items]
    saying = [(_key(cell), one) for cell, one in cells if _says_something(cell)]
    silent = [one for cell, one in cells if not _says_something(cell)]
    return [*(one for _, one in sorted(saying, key=lambda pair: pair[0], reverse=asked.is_down)), *silent]


def _says_something(cell: Html) -> bool:
    return _words(cell).casefold() not in _SAYS_NOTHING


def _key(cell: Html) -> _Key:
    """Return what a cell is compared by: numbers before text."""
    words = _words(cell)
    if moment := _TIME.search(cell):
        return True, 0, moment[1]
    if (rank := _RANKS.get(words.casefold())) is not None:
        return False, rank, ""
    if share := _SHARE.search(words) if not _TAG.sub("", cell).strip() else None:
        part, whole = (float(one.replace(",", "")) for one in share.groups())
        return False, part / whole if whole else 0, ""
    if number := _NUMBER.match(words):
        return False, float(number[1].replace(",", "")), ""
    return True, 0, words.casefold()


def _words(cell: Html) -> str:
    """Return what a cell shows; of a drawing, what it is called."""
    shown = " ".join(html.unescape(_TAG.sub(" ", cell)).split())
    called = _LABEL.search(cell)
    return shown or (html.unescape(called[1]) if called else "")


def _slug(title: str) -> str:
    return re.sub(r"[^a-z]+", "-", title.casefold()).strip("-")
