"""Compliance: how controls, accounts and OUs stand with each standard; what is accepted is shown as accepted."""

from collections.abc import Sequence

import streamlit as st

from contract.catalogue import DetectionText
from dashboard import charts, compliance, data, filtering
from dashboard.compliance import ControlStanding, Standard, UnitStanding
from dashboard.filters import Filters
from dashboard.links import findings_address, page_address
from dashboard.markup import (
    NOTHING,
    Html,
    badge,
    card,
    counted,
    empty,
    grid,
    joined,
    link,
    number,
    percent,
    second_line,
    text,
)
from dashboard.organization import Organization
from dashboard.views import exporting, tables
from dashboard.views.parts import part
from hub.store.compliance import Standing

_LISTED = 25
_KEY = "standard"
_COUNTS = ("Failed", "Accepted", "Passed", "")
_RESULTS = ("failed", "accepted", "passed", "unknown")
_NOTHING = (
    "Turn on Security Hub with a standard (muster deploy does, with [enable] in muster.toml); "
    "controls are counted as their findings come."
)
_OF_CONTROL = "Resources by how the control judges them. A control that several standards ask for counts once in each."
_TOO_MANY = "More accounts are chosen than controls can be added up for; choose fewer, or all."


def show() -> None:
    """Show the standards, then the one that the address names: its controls, OUs and accounts."""
    whole, filters = data.organization(), filtering.current().of_every_page
    organization = whole.narrowed(filters)
    st.html('<div class="m-head"><h1>Compliance</h1><p>What Security Hub\'s controls say, by standard.</p></div>')
    with part("Compliance"):
        known = compliance.standards(organization)
        if not known:
            st.html(card("Standards", empty("No control has been judged yet", _NOTHING)))
            return
        named = st.query_params.get(_KEY)
        chosen = next((one for one in known if one.id == named), known[0])
        st.html(grid([_tile(one, chosen, filters) for one in known], "tiles"))
        st.html(_summary(chosen))
        _show_controls(chosen, organization, filters)
        found = compliance.units(chosen, organization)
        st.html(grid([_units(found, chosen, filters), _accounts(chosen, organization, filters)]))
        exporting.show("compliance-accounts", ("account", "name", "ou", *_RESULTS), _account_rows(chosen, organization))
        _show_watched(chosen, filters)


def _tile(standard: Standard, chosen: Standard, filters: Filters) -> Html:
    address = page_address("compliance", filters, **{_KEY: standard.id})
    mark = ' aria-current="true"' if standard is chosen else ""
    total = standard.total
    return Html(
        f'<a class="m-tile m-choice" href="{text(address)}"{mark}><small>{text(standard.title)}</small>'
        f"<strong>{text(percent(total.passed, total.judged))}</strong><small>{number(total.failed)} failed, "
        f"{number(total.accepted)} accepted</small></a>"
    )


def _summary(standard: Standard) -> Html:
    total = standard.total
    unknown = f" {total.unknown:,} could not be judged." if total.unknown else ""
    words = (
        f"{standard.title}: of {total.judged:,} checks of resources, {total.passed:,} passed, {total.failed:,} failed "
        f"and {total.accepted:,} failed and are accepted, in {len(standard.accounts):,} accounts.{unknown}"
    )
    return joined((Html(f'<p class="m-hint">{text(words)}</p>'), charts.outcome_legend()))


def _show_controls(standard: Standard, organization: Organization, filters: Filters) -> None:
    found = compliance.controls(standard, organization, filters)
    if found is None:
        st.html(card("Controls", empty(_TOO_MANY, f"Up to {compliance.MOST_ACCOUNTS} accounts can be chosen.")))
        return
    st.html(_controls(found, filters))
    columns = ("number", "control", "title", "severity", *_RESULTS)
    exporting.show("compliance-controls", columns, [_control_row(one) for one in found])


def _controls(found: Sequence[ControlStanding], filters: Filters) -> Html:
    failing = sum(one.standing.failed > 0 for one in found)
    accepted = sum(one.standing.accepted > 0 and not one.standing.failed for one in found)
    title = f"{failing:,} of {len(found):,} controls fail, {accepted:,} more only where that is accepted"
    largest = max((one.standing.judged for one in found), default=0)
    columns = ("No.", "Control", "Severity", *_COUNTS)
    return tables.listed(
        title,
        columns,
        found,
        lambda one: _control(one, largest, filters),
        hint=_OF_CONTROL,
        most=_LISTED,
        name="controls",
    )


def _control(one: ControlStanding, largest: int, filters: Filters) -> tuple[Html, ...]:
    address = findings_address(_of(filters, detection=(one.control.id,)))
    words = joined((link(address, text(one.control.title or one.control.id)), second_line(one.control.id)))
    return (text(one.number), words, badge(one.control.severity), *_counts(one.standing, largest))


def _of(filters: Filters, **more: tuple[str, ...]) -> Filters:
    kept = {"ou": filters.ou, "owner": filters.owner, "account": filters.account, "region": filters.region}
    return Filters(**{**kept, **more})  # type: ignore[arg-type] # severities are not among them


def _counts(standing: Standing, largest: int) -> tuple[Html, ...]:
    failed = Html(f'<span class="{"m-silent" if standing.failed else ""}">{number(standing.failed)}</span>')
    bar = charts.outcome(standing.passed, standing.accepted, standing.failed, largest)
    return failed, number(standing.accepted), number(standing.passed), bar


def _units(found: Sequence[UnitStanding], standard: Standard, filters: Filters) -> Html:
    title = "Organizational units"
    if not found:
        return card(title, empty("No OU is known of these accounts", "The hub reads the tree every hour."))

    def row(one: UnitStanding) -> tuple[Html, ...]:
        depth, name = one.path.count("/"), one.path.rpartition("/")[2]
        address = page_address("compliance", _of(filters, ou=(one.path,)), **{_KEY: standard.id})
        indented = Html(f'<span style="padding-left:{depth}rem">{link(address, text(name))}</span>')
        label = joined((indented, second_line(counted(one.accounts, "account"))))
        share = text(percent(one.standing.passed, one.standing.judged))
        return label, share, *_counts(one.standing, one.standing.judged)

    columns, hint, rest = ("OU", "Passed", *_COUNTS), "Each with the units below it.", "choose one for those below it"
    return tables.listed(title, columns, found, row, hint=hint, most=_LISTED, rest=rest)


def _accounts(standard: Standard, organization: Organization, filters: Filters) -> Html:
    title = "Accounts"

    def row(one: Standing) -> tuple[Html, ...]:
        address = page_address("compliance", _of(filters, account=(one.name,)), **{_KEY: standard.id})
        label = joined((link(address, text(organization.name(one.name))), second_line(organization.path(one.name))))
        return label, text(percent(one.passed, one.judged)), *_counts(one, one.judged)

    return tables.listed(title, ("Account", "Passed", *_COUNTS), _ranked(standard), row, most=_LISTED)


def _ranked(standard: Standard) -> list[Standing]:
    """Return the accounts, those that pass least first; of which nothing was judged last."""

    def rank(one: Standing) -> tuple[float, int]:
        share = compliance.score(one)
        return (101 if share is None else share), -one.failed

    return sorted(standard.accounts, key=rank)


def _show_watched(standard: Standard, filters: Filters) -> None:
    found = compliance.watched(standard)
    if not found:
        return
    title = "What Muster's own detections watch of it"
    knows_open = data.sees_all() and not filters.names_accounts
    counts = data.open_by_detection() if knows_open else {}

    def row(pair: tuple[str, DetectionText]) -> tuple[Html, ...]:
        cis, one = pair
        name = link(findings_address(_of(filters, detection=(one.id,))), text(one.what.partition("\n")[0].rstrip(".")))
        shown = number(counts.get(one.id, 0)) if knows_open else NOTHING
        return text(cis), joined((name, second_line(one.id))), badge(one.severity), shown

    hint = "Controls of CIS that ask for an alarm on a kind of change: Muster raises a finding at each such change."
    with st.expander(f"{title} ({len(found):,})"):
        st.html(tables.listed(title, ("No.", "Detection", "Severity", "Open"), found, row, hint=hint, most=len(found)))
        file = [
            {"number": cis, "detection": one.id, "what": one.what, "open": counts.get(one.id)} for cis, one in found
        ]
        exporting.show("compliance-detections", ("number", "detection", "what", "open"), file)


def _control_row(one: ControlStanding) -> dict[str, object]:
    known = {"number": one.number, "control": one.control.id, "title": one.control.title}
    return {**known, "severity": one.control.severity.value, **_numbers(one.standing)}


def _account_rows(standard: Standard, organization: Organization) -> list[dict[str, object]]:
    return [
        {
            "account": one.name,
            "name": organization.name(one.name),
            "ou": organization.path(one.name),
            **_numbers(one),
        }
        for one in _ranked(standard)
    ]


def _numbers(standing: Standing) -> dict[str, object]:
    return {name: getattr(standing, name) for name in _RESULTS}
