"""The panel of a finding that resolves, suppresses or reopens it. An address opens the panel; only a person acts."""

from datetime import date, timedelta

import streamlit as st

from contract.finding import Finding, Workflow
from dashboard import data
from dashboard.access import LONGEST_NAME
from dashboard.deeds import LONGEST_NOTE, Deed, asked, missing, possible
from dashboard.markup import Html, ago, card, problem, text
from dashboard.problems import NO_OPERATOR, DataError

_WHO = "who"
_CLOSED_BY_PROVIDER = "Its provider closed it; only the provider can open it again."


def show(finding: Finding) -> None:
    """Show what was done about a finding, and what can be done."""
    with st.container(key="panel-act"):
        if finding.workflow_by or finding.note:
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
    if not finding.workflow_by:
        return Html(f'<p role="status">{text(f"Note: {finding.note}")}</p>')
    done = text(f"{_past(finding)} by {finding.workflow_by}")
    until = text(f", until {finding.workflow_until[:10]}" if finding.workflow_until else "")
    why = text(f": {finding.note}" if finding.note else "")
    when = ago(finding.acted_at or finding.workflow_at, data.present())
    return Html(f'<p role="status"><b>{done}</b>, {when}{until}{why}</p>')


def _past(finding: Finding) -> str:
    return "Reopened" if finding.workflow is Workflow.NEW else finding.workflow.capitalize()


def _show_form(finding: Finding, deed: Deed) -> None:
    signed_in = data.person()
    with st.form("deed", border=False):
        who = st.text_input(
            "Who",
            signed_in or st.session_state.get(_WHO, ""),
            max_chars=LONGEST_NAME,
            disabled=bool(signed_in),
            autocomplete="email",
            placeholder="Your name or email address",
        )
        label = "Reason" if deed is Deed.SUPPRESS else "Note (optional)"
        note = st.text_area(label, max_chars=LONGEST_NOTE, height=80)
        until = _until() if deed is Deed.SUPPRESS else None
        if st.form_submit_button(f"{deed.capitalize()} this finding", type="primary"):
            _act(finding, deed, (signed_in or who).strip(), note.strip(), until)


def _until() -> date | None:
    tomorrow = data.present().date() + timedelta(days=1)
    chosen = st.date_input("Until the end of (UTC; empty: for good)", None, min_value=tomorrow, format="YYYY-MM-DD")
    return chosen if isinstance(chosen, date) else None


def _act(finding: Finding, deed: Deed, by: str, note: str, until: date | None) -> None:
    st.session_state[_WHO] = by
    if lacking := missing(deed, by, note):
        st.error(lacking)
        return
    try:
        data.act(finding.id, deed, by, note, until)
    except DataError as error:
        st.html(card("Nothing was changed", problem(str(error), error.mend)))
        return
    st.query_params.pop("action", None)
    st.rerun()
