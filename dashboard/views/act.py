"""The panel of a finding that resolves, suppresses or reopens it. An address opens the panel; only a person acts."""

from datetime import date, timedelta

import streamlit as st

from contract.finding import Finding, Workflow
from dashboard import data, filtering
from dashboard.access import LONGEST_NAME
from dashboard.deeds import LONGEST_NOTE, Deed, Said, asked, missing, possible
from dashboard.markup import NOTHING, Html, ago, card, joined, problem, text
from dashboard.problems import NO_OPERATOR, DataError

_WHO = "who"
# Who assigns or comments leaves the workflow status as it is; the history says which of it was done.
_PAST = {Workflow.NEW: "Changed", Workflow.NOTIFIED: "Acknowledged"}
_NOTES = {Deed.SUPPRESS: "Reason", Deed.NOTE: "Note"}
_SPANS = {30: "30 days", 90: "90 days", 365: "A year", 0: "For good"}
# The second of them.
_SPAN = 1
_LONGEST = timedelta(days=10 * 365)
_CLOSED_BY_PROVIDER = "Its provider closed it; only the provider can open it again."


def show(finding: Finding) -> None:
    """Show what was done about a finding, and what can be done."""
    with st.container(key="panel-act"):
        if finding.workflow_by or finding.note or finding.assignee:
            st.html(_done(finding))
        deeds = possible(finding)
        if not deeds:
            st.caption(_CLOSED_BY_PROVIDER)
            return
        if not data.may_act(finding):
            st.caption(f"You may read this finding. {NO_OPERATOR}")
            return
        # After a deed the panel is another one: closed, with the deeds that are possible then.
        key = f"deed {finding.id} {finding.workflow_at}"
        st.session_state.setdefault(key, asked(finding, st.query_params.get("action", "")))
        deed = st.segmented_control("Act on it", deeds, format_func=str.capitalize, key=key)
        if deed:
            _show_form(finding, deed)


def _done(finding: Finding) -> Html:
    assigned = Html(f'<p role="status">{text("Assigned to")} <b>{text(finding.assignee)}</b></p>')
    assigned = assigned if finding.assignee else NOTHING
    if not finding.workflow_by:
        note = Html(f'<p role="status">{text(f"Note: {finding.note}")}</p>') if finding.note else NOTHING
        return joined((note, assigned))
    done = text(f"{_past(finding)} by {finding.workflow_by}")
    until = text(f", until {finding.workflow_until[:10]}" if finding.workflow_until else "")
    why = text(f": {finding.note}" if finding.note else "")
    when = ago(finding.acted_at or finding.workflow_at, data.present())
    return joined((Html(f'<p role="status"><b>{done}</b>, {when}{until}{why}</p>'), assigned))


def _past(finding: Finding) -> str:
    return _PAST.get(finding.workflow, finding.workflow.capitalize())


def _show_form(finding: Finding, deed: Deed) -> None:
    with st.form("deed", border=False):
        said = ask(deed, finding.assignee)
        if st.form_submit_button(f"{deed.label} this finding", type="primary"):
            _act(finding, deed, said)


def ask(deed: Deed, assignee: str = "") -> Said:
    """Show what has to be said with a deed, and return what was said."""
    signed_in = data.person()
    who = st.text_input(
        "Who",
        signed_in or st.session_state.get(_WHO, ""),
        max_chars=LONGEST_NAME,
        disabled=bool(signed_in),
        autocomplete="email",
        placeholder="Your name or email address",
    )
    to = _assignee(assignee) if deed is Deed.ASSIGN else ""
    note = st.text_area(_NOTES.get(deed, "Note (optional)"), max_chars=LONGEST_NOTE, height=80)
    until, wrong = _until() if deed is Deed.SUPPRESS else (None, "")
    return Said(by=(signed_in or who).strip(), note=note.strip(), until=until, assignee=to, wrong=wrong)


def _assignee(assignee: str) -> str:
    hint = "Name or email address (empty: nobody)"
    return st.text_input("Assign to", assignee, max_chars=LONGEST_NAME, placeholder=hint).strip()


def _until() -> tuple[date | None, str]:
    """Return the last day (None: for good), and what is wrong with the day that was written.

    It is a text, for a date that the browser's calendar refuses would not arrive here, and none would be for good.
    """
    today = data.present().date()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = st.selectbox("For how long", tuple(_SPANS), _SPAN, format_func=_SPANS.__getitem__)
        written = st.text_input("Or until the end of (UTC)", placeholder="YYYY-MM-DD", max_chars=10).strip()
    if not written:
        return (today + timedelta(days=days) if days else None), ""
    try:
        chosen = date.fromisoformat(written)
    except ValueError:
        chosen = today
    if not today < chosen <= today + _LONGEST:
        return (
            None,
            f"{written} is no day from tomorrow to {today + _LONGEST}: write it as {today + timedelta(days=30)}.",
        )
    return chosen, ""


def _act(finding: Finding, deed: Deed, said: Said) -> None:
    remember(said)
    if lacking := missing(deed, said):
        st.error(lacking)
        return
    try:
        data.act(finding.id, deed, said)
    except DataError as error:
        st.html(card("Nothing was changed", problem(str(error), error.mend)))
        return
    kept = filtering.current()
    filtering.write_address(kept, finding=finding.id)
    st.rerun()


def remember(said: Said) -> None:
    """Keep who acts for the next form."""
    st.session_state[_WHO] = said.by
