"""Tagging and retention: who created what, what stayed untagged and why."""

from collections.abc import Callable, Sequence

import msgspec
import streamlit as st

from contract.resource import short_name
from contract.spoke_events import TaggingResult
from dashboard import charts, data, filtering
from dashboard.creations import CREATED_COLUMNS, WIDE, Creations, created_row, creations, days_of, outcome
from dashboard.filters import Filters
from dashboard.links import account_address, page_address
from dashboard.markup import (
    Html,
    ago,
    breakable,
    card,
    column,
    counted,
    empty,
    grid,
    joined,
    link,
    number,
    percent,
    second_line,
    seconds,
    text,
    tile,
)
from dashboard.organization import Organization
from dashboard.views import exporting, retention, tables
from dashboard.views.parts import part
from hub.store.coverage_of_tags import Gap, Share, TagCoverage

_LISTED = 10
_SHARES = ("Tagged", "Not", "")
_NONE_YET = "Create a resource in a member account, or run make demo; a report comes within minutes."
_MEND = "muster tags coverage says the same in a terminal; docs/creator-tags.md says what each reason means."


def show() -> None:
    """Show the creations of the last days: numbers, what stayed untagged, creators, kinds and accounts."""
    whole, filters = data.organization(), filtering.current().of_every_page
    organization = whole.narrowed(filters)
    st.html(_head(filters))
    st.html('<h2 class="m-part">Creator tags</h2>')
    with part("Creator tags"):
        with st.spinner("Reading reports", show_time=True):
            found = creations(organization, filters, WIDE)
        _show_creations(found, organization, filters)
    st.html('<h2 class="m-part">Images and snapshots</h2>')
    retention.show(organization, filters)


def _show_creations(found: Creations, organization: Organization, filters: Filters) -> None:
    if not (found.coverage.tagged or found.coverage.untagged):
        st.html(card("Creator tags", empty("Nothing was created in these days", _NONE_YET), _extent(found)))
        return
    st.html(_numbers(found))
    st.html(_gaps(found.coverage.gaps))
    if found.coverage.gaps:
        exporting.show("untagged", ("api_call", "reason", "resources", "examples"), _gap_rows(found.coverage.gaps))
    st.html(_newest(found.newest, organization))
    exporting.show("created", CREATED_COLUMNS, [created_row(one, organization) for one in found.newest])
    st.html(_shares_grid(found.coverage, organization, filters))
    for name, shares in _shares_by(found.coverage).items():
        rows = [msgspec.structs.asdict(one) for one in shares]
        exporting.show(f"tags-by-{name}", ("name", "tagged", "untagged"), rows, label=name.capitalize())


def _head(filters: Filters) -> Html:
    days = days_of(filters)
    window = "today and yesterday" if days == 1 else f"the last {days} days"
    words = f"What was created in {window}, by whom, what has no creator's tag, and what is past its date."
    words += filtering.without_effect(filters, ("severity",))
    return Html(f'<div class="m-head"><h1>Tagging and retention</h1><p>{text(words)}</p></div>')


def _numbers(found: Creations) -> Html:
    coverage = found.coverage
    total = coverage.tagged + coverage.untagged
    reasons = counted(len({one.reason for one in coverage.gaps}), "reason")
    tiles = [
        tile("Resources created", number(total), f"by {counted(len(coverage.by_creator), 'creator')}"),
        tile("With their creator's tag", text(percent(coverage.tagged, total)), counted(coverage.tagged, "resource")),
        tile("Without", number(coverage.untagged), f"for {reasons}"),
    ]
    if coverage.lag_seconds:
        half, most = coverage.lag_seconds
        tiles.append(tile("Tagged within", text(seconds(half)), f"half of them; 95 % within {seconds(most)}"))
    return joined((grid(tiles, "tiles"), Html(f'<p class="m-hint">{text(_extent(found))}</p>')))


def _extent(found: Creations) -> str:
    if found.is_whole:
        return f"All reports of {found.of:,} account{'s' if found.of != 1 else ''}."
    return (
        f"Reports of {found.accounts:,} of {found.of:,} accounts were read, the latest ones of each. "
        "Choose an account or OU for all of theirs."
    )


def _gaps(gaps: Sequence[Gap]) -> Html:
    title = "Without their creator's tag, and why"
    if not gaps:
        return card(title, Html('<p class="m-good">Everything that was created has its creator\'s tag.</p>'))

    def row(one: Gap) -> tuple[Html, ...]:
        return (
            joined((text(_kind(one.api_call)), _call(one.api_call))),
            Html(f'<span class="m-number">{number(one.resources)}</span>'),
            text(one.reason),
            joined(Html(f'<span class="m-sub m-code">{breakable(short_name(arn))}</span>') for arn in one.examples),
        )

    return tables.listed(title, ("What", "Resources", "Why", "For example"), gaps, row, hint=_MEND, name="gaps")


def _call(api_call: str) -> Html:
    return Html(f'<span class="m-sub">{breakable(api_call)}</span>')


def _kind(api_call: str) -> str:
    """Return a call in words: `s3.amazonaws.com:CreateBucket` makes `CreateBucket (s3)`."""
    source, _, name = api_call.partition(":")
    return f"{name} ({source.partition('.')[0]})" if name else api_call


def _newest(results: Sequence[TaggingResult], organization: Organization) -> Html:
    title = "Created last"
    if not results:
        return card(
            title, empty("No report says when", "Spokes before 0.1.0 did not; muster status says their version.")
        )
    now = data.present()

    def row(one: TaggingResult) -> tuple[Html, ...]:
        account = link(account_address(one.account, Filters()), text(organization.name(one.account)))
        return (
            ago(one.created_at, now),
            text(one.created_by or "unknown"),
            _made(one),
            joined((account, second_line(one.region))),
            text(outcome(one)),
        )

    return tables.listed(title, ("When", "Creator", "What", "Account", "Tags"), results, row, name="newest")


def _made(result: TaggingResult) -> Html:
    arns = [*result.tagged, *(failure.arn for failure in result.failed if failure.arn)]
    more = f" and {len(arns) - 1:,} more" if len(arns) > 1 else ""
    name = joined((breakable(short_name(arns[0])), text(more))) if arns else text(_kind(result.api_call))
    return joined((name, second_line(_kind(result.api_call))))


def _shares_grid(coverage: TagCoverage, organization: Organization, filters: Filters) -> Html:
    def account(one: Share) -> Html:
        address = page_address("tagging", Filters(account=(one.name,), days=filters.days))
        return joined((link(address, text(organization.name(one.name))), second_line(organization.path(one.name))))

    return grid(
        [
            column(
                (
                    _shares("Creators", coverage.by_creator, lambda one: breakable(one.name)),
                    _shares("Accounts", coverage.by_account, account),
                )
            ),
            _shares("Kinds", coverage.by_call, lambda one: joined((text(_kind(one.name)), _call(one.name)))),
        ]
    )


def _shares(title: str, shares: Sequence[Share], named: Callable[[Share], Html]) -> Html:

    def row(one: Share) -> tuple[Html, ...]:
        return (
            named(one),
            number(one.tagged),
            Html(f'<span class="{"m-silent" if one.untagged else ""}">{number(one.untagged)}</span>'),
            charts.share(one.tagged, one.tagged + one.untagged, "Tagged"),
        )

    return tables.listed(title, (title, *_SHARES), shares, row, most=_LISTED)


def _gap_rows(gaps: Sequence[Gap]) -> list[dict[str, object]]:
    return [
        {"api_call": one.api_call, "reason": one.reason, "resources": one.resources, "examples": " ".join(one.examples)}
        for one in gaps
    ]


def _shares_by(coverage: TagCoverage) -> dict[str, tuple[Share, ...]]:
    return {"creators": coverage.by_creator, "accounts": coverage.by_account, "kinds": coverage.by_call}
