"""The same deed for many findings of a list: chosen one by one, or all that match."""

import re
from collections.abc import Sequence

import streamlit as st

from contract.finding import Finding
from dashboard import data
from dashboard.deeds import Deed, Said, missing
from dashboard.filters import Filters, State
from dashboard.links import finding_address, findings_address
from dashboard.listing import Listing
from dashboard.markup import Html, card, counted, joined, link, text
from dashboard.organization import Organization
from dashboard.views import act

# A thousand decisions take about ten seconds; each is a write, and a line in a history.
MOST = 1_000
_MOST_LOOKED_AT = 50_000
_LISTED = 100
_NAMED = 20
_MARKED, _SHOWN, _MATCHING = "Those that are marked", "All that are shown", f"All that match, {MOST:,} at most"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$@])")
_DONE, _ROUND = "bulk done", "bulk round"
_WHERE = {Deed.SUPPRESS: State.SUPPRESSED, Deed.RESOLVE: State.RESOLVED}


def show(listing: Listing, filters: Filters, organization: Organization) -> bool:
    """Show how to act on several findings; True when marks take the list's place."""
    if not data.may_act_at_all() or not st.toggle("Act on several", key="bulk"):
        return False
    with st.container(key="panel-bulk"):
        choice = st.radio("Which", (_MARKED, _SHOWN, _MATCHING), horizontal=True, key="bulk which")
        shown = listing.findings[:_LISTED]
        marked = _show_marks(shown, organization) if choice == _MARKED else []
        if choice == _SHOWN:
            marked = [one.id for one in listing.findings]
        st.caption(_extent(choice, len(marked)))
        deed = st.segmented_control("Do", tuple(Deed), format_func=str.capitalize, key="bulk deed")
        if deed:
            _show_form(deed, None if choice == _MATCHING else marked, filters, organization)
    return choice == _MARKED


def _extent(choice: str, number: int) -> str:
    if choice == _MATCHING:
        return f"Read anew when you act, also beyond what the list shows; {_MOST_LOOKED_AT:,} are looked at."
    return f"{number:,} finding{'s' if number != 1 else ''}"


def _show_marks(findings: Sequence[Finding], organization: Organization) -> list[str]:
    with st.container(key="marks", height=420 if len(findings) > 10 else "content"):
        # After a deed nothing is marked any more.
        round_ = st.session_state.get(_ROUND, 0)
        is_all = st.checkbox("**Mark all of these**", key=f"mark all {round_}")
        return [
            one.id
            for one in findings
            if st.checkbox(_label(one, organization), is_all, key=f"mark {one.id} {is_all} {round_}")
        ]


def _label(finding: Finding, organization: Organization) -> str:
    said = (
        finding.severity.capitalize(),
        organization.title(finding),
        organization.name(finding.account),
        finding.region,
    )
    severity, *rest = (_MARKDOWN.sub(r"\\\1", one) for one in said)
    return f"**{severity}** · {' · '.join(rest)}"


def _show_form(deed: Deed, chosen: list[str] | None, filters: Filters, organization: Organization) -> None:
    with st.form("bulk deed form", border=False):
        said = act.ask(deed)
        number = "all that match" if chosen is None else f"{len(chosen):,} finding{'s' if len(chosen) != 1 else ''}"
        if st.form_submit_button(f"{deed.label} {number}", type="primary"):
            _act(deed, said, chosen, filters, organization)


def _act(deed: Deed, said: Said, chosen: list[str] | None, filters: Filters, organization: Organization) -> None:
    act.remember(said)
    if chosen == []:
        st.error("Mark at least one finding.")
        return
    if lacking := missing(deed, said):
        st.error(lacking)
        return
    bar = st.progress(0.0, "Reading findings")
    ids = _matching(filters, organization) if chosen is None else chosen
    failed: list[tuple[str, str]] = []
    for done, (one, error) in enumerate(data.act_on_many(ids, deed, said), start=1):
        if error:
            failed.append((one, str(error)))
        bar.progress(done / len(ids), f"{done:,} of {len(ids):,}")
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.session_state[_DONE] = (deed, len(ids) - len(failed), failed)
    st.rerun()


def _matching(filters: Filters, organization: Organization) -> list[str]:
    found: list[str] = []
    for page, looked_at in data.every(filters, organization):
        found += [one.id for one in page]
        if len(found) >= MOST or looked_at >= _MOST_LOOKED_AT:
            break
    return found[:MOST]


def show_done() -> None:
    """Say what became of the last deed for many, once: the list may be empty by then."""
    done: tuple[Deed, int, list[tuple[str, str]]] | None = st.session_state.pop(_DONE, None)
    if done is None:
        return
    deed, number, failed = done
    words = f"{deed.capitalize()}: {counted(number, 'finding')} done"
    if not failed:
        where = _WHERE.get(deed)
        seen = f" [See them]({findings_address(Filters(status=where))})." if where else ""
        st.success(f"{words}.{seen}")
        return
    lines = joined(_failure(one, why) for one, why in failed[:_NAMED])
    more = text(f"and {len(failed) - _NAMED:,} more") if len(failed) > _NAMED else text("")
    body = Html(f'<ul class="m-list" role="alert">{lines}</ul><p class="m-sub">{more}</p>')
    st.html(card(f"{words}, {len(failed):,} not", body, "Nothing of these was changed; act on them again."))


def _failure(finding: str, why: str) -> Html:
    return Html(f"<li>{link(finding_address(finding, Filters()), text(finding))}: {text(why)}</li>")
