"""The sidebar: whose organization it is, how old the numbers are, and a way to read them again."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard import data, filtering
from dashboard.filters import parameters
from dashboard.markup import NOTHING, Html, ago, exact, joined, text

_AGING = "60s"
_STALE = timedelta(minutes=10)


def show_pages(pages: Iterable[StreamlitPage]) -> None:
    """Show the brand and the pages; the filters of every page go along."""
    kept = parameters(filtering.current().of_every_page)
    with st.sidebar:
        st.html('<div class="m-brand"><span aria-hidden="true">M</span>Muster</div>')
        for page in pages:
            st.page_link(page, width="stretch", query_params=kept)


def show_source() -> None:
    """Show whose data it is, from where and how old."""
    with st.sidebar:
        if st.button("Refresh", icon=":material/refresh:", width="stretch"):
            data.forget()
        organization = data.organization()
        _show_age(organization.read_at)
        names = {"Organization": organization.id, "Source": data.source()}
        st.html(joined(_place(name, value) for name, value in names.items() if value))


@st.fragment(run_every=_AGING)
def _show_age(read_at: str) -> None:
    """Show how old the page is, also while nobody touches it."""
    now = data.present()
    is_stale = now - datetime.fromisoformat(read_at) > _STALE
    remark = Html(f'<span class="m-silent">Read {ago(read_at, now)}: refresh.</span>') if is_stale else NOTHING
    st.html(Html(f'<p class="m-side"><b>Data as of</b>{text(exact(read_at))} {remark}</p>'))


def _place(name: str, value: str) -> Html:
    return Html(f'<p class="m-side"><b>{text(name)}</b>{text(value)}</p>')
