"""The sidebar: whose organization it is, how old the numbers are, and a way to read them again."""

import streamlit as st

from dashboard import data
from dashboard.markup import Html, exact, text


def show() -> None:
    """Show brand, organization and the age of the data."""
    with st.sidebar:
        st.html('<div class="m-brand"><span aria-hidden="true">◉</span>Muster</div>')
        if st.button("Refresh", icon=":material/refresh:", width="stretch"):
            data.forget()
        organization = data.organization()
        st.html(_place("Organization", organization.id or "unknown"))
        st.html(_place("Data as of", exact(organization.read_at)))
        st.html(_place("Source", data.source()))


def _place(name: str, value: str) -> Html:
    return Html(f'<p class="m-side"><b>{text(name)}</b>{text(value)}</p>')
