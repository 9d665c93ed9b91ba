"""Pieces of HTML that every page uses. What is not `Html` is text and gets escaped here."""

import html
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NewType

from contract.clock import EPOCH
from contract.finding import Severity

Html = NewType("Html", str)
NOTHING = Html("")
# Stands where a table has nothing to say.
ABSENT = Html("&ndash;")

_NEVER = "never"
# Not the semicolon nor the ampersand: they are part of what escaping wrote.
_SEPARATOR = re.compile(r"([/_:@])")


def text(value: object) -> Html:
    """Return a value as escaped text."""
    return Html(html.escape(str(value)))


def joined(pieces: Iterable[Html]) -> Html:
    """Return pieces one after the other."""
    return Html("".join(pieces))


def link(address: str, label: Html, *, is_external: bool = False) -> Html:
    """Return a link; an external one opens a tab of its own. Only relative and https addresses become links."""
    if ":" in address.partition("?")[0] and not address.startswith("https://"):
        return label
    target = ' target="_blank" rel="noopener noreferrer"' if is_external else ""
    return Html(f'<a href="{text(address)}"{target}>{label}</a>')


def number(value: int) -> Html:
    """Return a count with its thousands apart."""
    return text(f"{value:,}")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 account`, `2,000 accounts`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent(part: int, whole: int) -> str:
    """Return a share in words, never a round 100 while something is missing; of nothing: `none`."""
    if not whole:
        return "none"
    return "100 %" if part == whole else f"{min(100 * part / whole, 99.9):.1f} %"


def seconds(value: float) -> str:
    """Return how long something takes: `85 s`, `3 min`."""
    return f"{value:.0f} s" if value < 120 else f"{value / 60:.0f} min"


def second_line(value: str) -> Html:
    """Return what stands quietly below a cell's main line."""
    return Html(f'<span class="m-sub">{text(value)}</span>')


def badge(severity: Severity) -> Html:
    """Return a severity as a coloured label; the word stands beside the colour."""
    return Html(f'<span class="m-badge m-{severity.lower()}">{text(severity.capitalize())}</span>')


def chip(value: str, kind: str = "") -> Html:
    """Return a quiet label; `kind` is open, code or nothing."""
    return Html(f'<span class="m-chip m-chip-{kind or "plain"}">{text(value)}</span>')


def card(title: str, body: Html, hint: str = "", aside: Html = NOTHING) -> Html:
    """Return a titled panel; `aside` stands at the right of the title."""
    note = f'<p class="m-hint">{text(hint)}</p>' if hint else ""
    return Html(f'<section class="m-card"><header><h2>{text(title)}</h2>{aside}</header>{note}{body}</section>')


def tile(title: str, value: Html, below: str) -> Html:
    """Return a number that stands by itself, with what it means above and below it."""
    return Html(
        f'<div class="m-tile"><small>{text(title)}</small><strong>{value}</strong><small>{text(below)}</small></div>'
    )


def severity_tile(severity: Severity, count: int, accepted: int, address: str, below: Html = NOTHING) -> Html:
    """Return how many findings of a severity are open and accepted, which leads to them; `below` says more."""
    kind = f"m-tile m-{severity.lower()}" if count else "m-tile m-zero"
    beside = f"open, {number(accepted)} accepted" if accepted else "open"
    return Html(
        f'<a class="{kind}" href="{text(address)}"><small>{text(severity.capitalize())}</small>'
        f"<strong>{number(count)}</strong><small>{beside}</small>{below}</a>"
    )


def grid(cards: Iterable[Html], kind: str = "two") -> Html:
    """Return panels side by side; `kind` says in how many columns: tiles, two, wide (the first one twice as wide)."""
    return Html(f'<div class="m-page m-grid m-grid-{kind}">{joined(cards)}</div>')


def column(cards: Iterable[Html]) -> Html:
    """Return panels one below the other, as one place of a grid."""
    return Html(f'<div class="m-column">{joined(cards)}</div>')


def breakable(value: str) -> Html:
    """Return a path, role or ARN that breaks after its separators rather than inside a word."""
    return Html(_SEPARATOR.sub(r"\1<wbr>", text(value)))


def table(columns: Sequence[str], rows: Iterable[Sequence[Html]], caption: str) -> Html:
    """Return a table; the caption is for screen readers. A row of one cell spans it."""
    return headed_table([text(column) for column in columns], rows, caption)


def headed_table(heads: Sequence[Html], rows: Iterable[Sequence[Html]], caption: str) -> Html:
    """Return a table with heads that may be links."""
    head = joined(Html(f'<th scope="col">{one}</th>') for one in heads)
    body = joined(Html(f"<tr>{_cells(row, len(heads))}</tr>") for row in rows)
    # A wide table scrolls in its panel rather than breaking words.
    kind = "m-table m-wide" if len(heads) > 4 else "m-table"
    return Html(
        f'<div class="m-scroll"><table class="{kind}"><caption>{text(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(row: Sequence[Html], columns: int) -> Html:
    if len(row) == 1 < columns:
        return Html(f'<td colspan="{columns}">{row[0]}</td>')
    return joined(Html(f"<td>{cell}</td>") for cell in row)


def facts(pairs: Iterable[tuple[str, Html]]) -> Html:
    """Return names and values, leaving out the empty ones."""
    items = joined(Html(f"<div><dt>{text(name)}</dt><dd>{value}</dd></div>") for name, value in pairs if value)
    return Html(f'<dl class="m-facts">{items}</dl>')


def empty(title: str, next_step: str) -> Html:
    """Return what a list shows when it has nothing: why, and what to do next."""
    return Html(f'<div class="m-empty"><strong>{text(title)}</strong><p>{text(next_step)}</p></div>')


def problem(what: str, mend: str) -> Html:
    """Return what went wrong, and what the reader can do about it."""
    return Html(f'<p>{text(mend)}</p><p class="m-hint m-code" role="alert">{text(what)}</p>')


def ago(moment: str, now: datetime) -> Html:
    """Return how long ago a moment (`contract.clock.iso`) was, the exact time as its tooltip."""
    if not moment or moment == EPOCH:
        return text(_NEVER)
    label = _age(now - datetime.fromisoformat(moment))
    return Html(f'<time datetime="{text(moment)}" title="{text(exact(moment))}">{text(label)}</time>')


def age(moment: str, now: datetime) -> Html:
    """Return for how long something has been so since a moment (`contract.clock.iso`): `5 min`, `12 h`, `43 days`."""
    if not moment or moment == EPOCH:
        return text(_NEVER)
    label = _span(now - datetime.fromisoformat(moment))
    return Html(f'<time datetime="{text(moment)}" title="{text(exact(moment))}">{text(label)}</time>')


def exact(moment: str) -> str:
    """Return a moment as people write it, UTC, seconds."""
    return _NEVER if not moment or moment == EPOCH else f"{moment[:10]} {moment[11:19]} UTC"


def _age(span: timedelta) -> str:
    return "just now" if span < timedelta(minutes=1) else f"{_span(span)} ago"


def _span(span: timedelta) -> str:
    minutes = max(int(span.total_seconds() // 60), 0)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"
