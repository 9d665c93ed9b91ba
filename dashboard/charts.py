"""Charts, drawn as HTML and CSS: counts in, markup out.

Streamlit's sanitizer removes SVG from `st.html`, and Vega costs a second and 115 MB; boxes need neither.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from contract.finding import Severity
from dashboard.markup import Html, joined, text

Counts = Mapping[Severity, int]

WORST_FIRST = tuple(reversed(Severity))
_DAILY, _WEEK = 31, 7
# A trend has about so many dates below it, and more columns than this stand close.
_LABELS, _ROOMY = 15, 40


def spoken(counts: Counts) -> str:
    """Return counts in words: `2 critical, 5 high`."""
    return ", ".join(f"{counts[one]:,} {one.lower()}" for one in WORST_FIRST if counts.get(one)) or "none"


def severity_bar(counts: Counts, largest: int) -> Html:
    """Return one stacked bar, as long as its total is beside the largest total of the chart."""
    return _bar(_by_severity(counts), largest, spoken(counts))


def _by_severity(counts: Counts) -> dict[str, int]:
    return {one.lower(): counts[one] for one in WORST_FIRST if one in counts}


def _bar(parts: Mapping[str, int], largest: int, words: str) -> Html:
    """Return a bar of parts, each a fill of the style sheet and how much of it there is."""
    return Html(
        f'<span class="m-bar" role="img" aria-label="{text(words)}" title="{text(words)}">'
        f'<span style="width:{_percent(sum(parts.values()), largest):.2f}%">{_fills(parts)}</span></span>'
    )


def _fills(parts: Mapping[str, int]) -> Html:
    return joined(
        Html(f'<i class="m-fill-{fill}" style="flex-grow:{count}"></i>') for fill, count in parts.items() if count > 0
    )


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0


def trend(days: Sequence[tuple[str, Counts]], label: str) -> Html:
    """Return stacked columns of days (`2026-11-20`), oldest first; of more than a month, each column is a week."""
    is_by_week = len(days) > _DAILY
    shown = _weeks(days) if is_by_week else days
    found = [_Column(day, _by_severity(counts), spoken(counts)) for day, counts in shown]
    return _figure(found, label, is_by_week=is_by_week)


def _weeks(days: Sequence[tuple[str, Counts]]) -> list[tuple[str, Counts]]:
    """Return sums of seven days each, the newest week whole: the oldest may be shorter."""
    first = len(days) % _WEEK
    starts = [*([0] if first else []), *range(first, len(days), _WEEK)]
    ends = [*starts[1:], len(days)]
    spans = zip(starts, ends, strict=True)
    return [(days[start][0], summed(counts for _, counts in days[start:end])) for start, end in spans]


def summed(all_counts: Iterable[Counts]) -> dict[Severity, int]:
    """Return the sum of counts, severity by severity."""
    total: Counter[Severity] = Counter()
    for counts in all_counts:
        total.update(counts)
    return dict(total)


class _Column(msgspec.Struct, frozen=True):
    """A day (`2026-11-20`), or the week that begins with it: its parts by fill, and what is said of it."""

    day: str
    parts: dict[str, int]
    words: str

    @property
    def total(self) -> int:
        """How high it is."""
        return sum(self.parts.values())


def _figure(found: Sequence[_Column], label: str, *, is_by_week: bool) -> Html:
    largest = max((one.total for one in found), default=0)
    step = max(1, len(found) // _LABELS)
    words = f"{label}: " + "; ".join(f"{one.day}: {one.words}" for one in found)
    drawn = joined(
        _column(one, largest, is_labelled=place % step == 0, is_week=is_by_week) for place, one in enumerate(found)
    )
    return Html(
        f'<figure class="m-trend" role="img" aria-label="{text(words)}">'
        f'<div class="m-axis" aria-hidden="true"><span>{largest:,}</span><span>0</span></div>'
        f'<div class="m-columns{" m-tight" if len(found) > _ROOMY else ""}">{drawn}</div></figure>'
    )


def _column(one: _Column, largest: int, *, is_labelled: bool, is_week: bool) -> Html:
    words = f"{'Week from ' if is_week else ''}{one.day}: {one.words}"
    below = f"{one.day[5:7]}/{one.day[8:]}" if is_week else one.day[8:]
    return Html(
        f'<div title="{text(words)}"><div class="m-plot">'
        f'<b style="height:{_percent(one.total, largest):.2f}%">{_fills(one.parts)}</b></div>'
        f"<small>{text(below) if is_labelled else '&nbsp;'}</small></div>"
    )


def heat(severity: Severity, count: int, largest: int) -> Html:
    """Return a cell's content: a count on its severity's colour, the denser the more (by orders of magnitude)."""
    if not count:
        return Html('<span class="m-heat m-heat-none" aria-label="none">·</span>')
    density = 12 + 68 * math.log1p(count) / math.log1p(max(largest, 1))
    return Html(f'<span class="m-heat m-{severity.lower()}" style="--m-heat:{density:.0f}%">{count:,}</span>')


def gauge(points: float, label: str) -> Html:
    """Return points of 100 as a bar, darker at the end that was not reached."""
    return Html(
        f'<span class="m-gauge" role="img" aria-label="{text(f"{label}: {points:.0f} of 100")}">'
        f'<i style="width:{points:.1f}%"></i></span>'
    )


def sparkline(values: Sequence[int], label: str) -> Html:
    """Return tiny columns in the text's colour, oldest first."""
    largest = max(values, default=0)
    columns = (f'<i style="height:{_percent(value, largest):.0f}%"></i>' for value in values)
    words = f"{label}: {', '.join(str(value) for value in values)}"
    return Html(f'<span class="m-spark" role="img" aria-label="{text(words)}">{"".join(columns)}</span>')


def share(part: int, whole: int, label: str) -> Html:
    """Return a bar of how much of a whole is there; a whole of nothing is empty, never full."""
    width = _percent(part, whole)
    words = f"{label}: {part:,} of {whole:,}"
    return Html(
        f'<span class="m-share" role="img" aria-label="{text(words)}" title="{text(words)}">'
        f'<i style="width:{width:.2f}%"></i></span>'
    )


def legend() -> Html:
    """Return what each severity's colour means."""
    items = (f'<span><i class="m-fill-{one.lower()}"></i>{text(one.capitalize())}</span>' for one in WORST_FIRST)
    return Html(f'<div class="m-legend" aria-hidden="true">{"".join(items)}</div>')


_OUTCOMES = ("failed", "accepted", "passed")


def outcome(passed: int, accepted: int, failed: int, largest: int) -> Html:
    """Return one bar of what failed, failed and is accepted, and passed, as long as its sum is beside the largest."""
    counts = dict(zip(_OUTCOMES, (failed, accepted, passed), strict=True))
    return _bar(counts, largest, ", ".join(f"{count:,} {what}" for what, count in counts.items()))


def outcome_legend() -> Html:
    """Return what the parts of such a bar mean; accepted ones are hatched too, for whoever sees no colours."""
    items = (f'<span><i class="m-fill-{one}"></i>{text(one.capitalize())}</span>' for one in _OUTCOMES)
    return Html(f'<div class="m-legend" aria-hidden="true">{"".join(items)}</div>')


def columns(days: Sequence[tuple[str, int]], label: str) -> Html:
    """Return columns of one colour, one a day (`2026-11-20`), oldest first."""
    return _figure([_Column(day, {"accent": count}, f"{count:,}") for day, count in days], label, is_by_week=False)
