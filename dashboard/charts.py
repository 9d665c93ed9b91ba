"""Charts, drawn as HTML and CSS: counts in, markup out.

Streamlit's sanitizer removes SVG from `st.html`, and Vega costs a second and 115 MB; boxes need neither.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

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
    total = sum(counts.values())
    length = 100 * total / largest if largest else 0
    return Html(
        f'<span class="m-bar" role="img" aria-label="{text(spoken(counts))}" title="{text(spoken(counts))}">'
        f'<span style="width:{length:.2f}%">{joined(_segments(counts))}</span></span>'
    )


def _segments(counts: Counts) -> list[Html]:
    return [
        Html(f'<i class="m-fill-{one.lower()}" style="flex-grow:{counts[one]}"></i>')
        for one in WORST_FIRST
        if counts.get(one, 0) > 0
    ]


def trend(days: Sequence[tuple[str, Counts]], label: str) -> Html:
    """Return stacked columns of days (`2026-11-20`), oldest first; of more than a month, each column is a week."""
    columns = days if len(days) <= _DAILY else _weeks(days)
    largest = max((sum(counts.values()) for _, counts in columns), default=0)
    step = max(1, len(columns) // _LABELS)
    drawn = joined(
        _column(day, counts, largest, is_labelled=place % step == 0, is_week=columns is not days)
        for place, (day, counts) in enumerate(columns)
    )
    return Html(
        f'<figure class="m-trend" role="img" aria-label="{text(_trend_in_words(columns, label))}">'
        f'<div class="m-axis" aria-hidden="true"><span>{largest:,}</span><span>0</span></div>'
        f'<div class="m-columns{" m-tight" if len(columns) > _ROOMY else ""}">{drawn}</div></figure>'
    )


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


def _trend_in_words(days: Sequence[tuple[str, Counts]], label: str) -> str:
    return f"{label}: " + "; ".join(f"{day}: {spoken(counts)}" for day, counts in days)


def _column(day: str, counts: Counts, largest: int, *, is_labelled: bool, is_week: bool) -> Html:
    total = sum(counts.values())
    height = 100 * total / largest if largest else 0
    words = f"{'Week from ' if is_week else ''}{day}: {spoken(counts)}"
    below = f"{day[5:7]}/{day[8:]}" if is_week else day[8:]
    return Html(
        f'<div title="{text(words)}"><div class="m-plot">'
        f'<b style="height:{height:.2f}%">{joined(_segments(counts))}</b></div>'
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
    columns = (f'<i style="height:{100 * value / largest if largest else 0:.0f}%"></i>' for value in values)
    words = f"{label}: {', '.join(str(value) for value in values)}"
    return Html(f'<span class="m-spark" role="img" aria-label="{text(words)}">{"".join(columns)}</span>')


def share(part: int, whole: int, label: str) -> Html:
    """Return a bar of how much of a whole is there; a whole of nothing is empty, never full."""
    width = 100 * part / whole if whole else 0
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
    total = sum(counts.values())
    words = ", ".join(f"{count:,} {what}" for what, count in counts.items())
    parts = joined(
        Html(f'<i class="m-fill-{what}" style="flex-grow:{count}"></i>') for what, count in counts.items() if count
    )
    length = 100 * total / largest if largest else 0
    return Html(
        f'<span class="m-bar" role="img" aria-label="{text(words)}" title="{text(words)}">'
        f'<span style="width:{length:.2f}%">{parts}</span></span>'
    )


def outcome_legend() -> Html:
    """Return what the parts of such a bar mean; accepted ones are hatched too, for whoever sees no colours."""
    items = (f'<span><i class="m-fill-{one}"></i>{text(one.capitalize())}</span>' for one in _OUTCOMES)
    return Html(f'<div class="m-legend" aria-hidden="true">{"".join(items)}</div>')


def columns(days: Sequence[tuple[str, int]], label: str) -> Html:
    """Return columns of one colour, one a day (`2026-11-20`), oldest first."""
    largest = max((count for _, count in days), default=0)
    words = f"{label}: " + "; ".join(f"{day}: {count:,}" for day, count in days)
    step = max(1, len(days) // 15)
    drawn = joined(_plain_column(day, n, largest, is_named=place % step == 0) for place, (day, n) in enumerate(days))
    return Html(
        f'<figure class="m-trend" role="img" aria-label="{text(words)}">'
        f'<div class="m-axis" aria-hidden="true"><span>{largest:,}</span><span>0</span></div>'
        f'<div class="m-columns">{drawn}</div></figure>'
    )


def _plain_column(day: str, count: int, largest: int, *, is_named: bool) -> Html:
    height = 100 * count / largest if largest else 0
    bar = f'<b style="height:{height:.2f}%"><i class="m-fill-accent" style="flex-grow:1"></i></b>'
    below = text(day[8:]) if is_named else " "
    return Html(f'<div title="{text(f"{day}: {count:,}")}"><div class="m-plot">{bar}</div><small>{below}</small></div>')
