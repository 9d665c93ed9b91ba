"""Charts, drawn as HTML and CSS: counts in, markup out.

Streamlit's sanitizer removes SVG from `st.html`, and Vega costs a second and 115 MB; boxes need neither.
"""

from collections.abc import Mapping, Sequence

from contract.finding import Severity
from dashboard.markup import Html, joined, text

Counts = Mapping[Severity, int]

WORST_FIRST = tuple(reversed(Severity))


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
    """Return stacked columns, one a day (`2026-11-20`), oldest first."""
    largest = max((sum(counts.values()) for _, counts in days), default=0)
    columns = joined(_column(day, counts, largest) for day, counts in days)
    return Html(
        f'<figure class="m-trend" role="img" aria-label="{text(_trend_in_words(days, label))}">'
        f'<div class="m-axis" aria-hidden="true"><span>{largest:,}</span><span>0</span></div>'
        f'<div class="m-columns">{columns}</div></figure>'
    )


def _trend_in_words(days: Sequence[tuple[str, Counts]], label: str) -> str:
    return f"{label}: " + "; ".join(f"{day}: {spoken(counts)}" for day, counts in days)


def _column(day: str, counts: Counts, largest: int) -> Html:
    total = sum(counts.values())
    height = 100 * total / largest if largest else 0
    return Html(
        f'<div title="{text(f"{day}: {spoken(counts)}")}"><div class="m-plot">'
        f'<b style="height:{height:.2f}%">{joined(_segments(counts))}</b></div>'
        f"<small>{text(day[8:])}</small></div>"
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
