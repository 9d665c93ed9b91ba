"""The sidebar: whose organization it is, how old the numbers are, and a way to read them again."""

from collections.abc import Iterable

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard import data
from dashboard.markup import Html, exact, joined, text


def show_pages(pages: Iterable[StreamlitPage]) -> None:
    """Show the brand and the pages."""
    with st.sidebar:
        st.html('<div class="m-brand"><span aria-hidden="true">M</span>Muster</div>')
        for page in pages:
            st.page_link(page, width="stretch")


def show_source() -> None:
    """Show whose data it is, from where and how old."""
    with st.sidebar:
        if st.button("Refresh", icon=":material/refresh:", width="stretch"):
            data.forget()
        organization = data.organization()
        names = {"Organization": organization.id, "Data as of": exact(organization.read_at), "Source": data.source()}
        st.html(joined(_place(name, value) for name, value in names.items() if value))


def _place(name: str, value: str) -> Html:
    return Html(f'<p class="m-side"><b>{text(name)}</b>{text(value)}</p>')
