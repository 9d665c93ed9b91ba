"""The dashboard's start: `streamlit run dashboard/app.py`."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from dashboard import sidebar
from dashboard.markup import card, text
from dashboard.problems import DataError
from dashboard.views import findings, overview


def show_app() -> None:
    """Show the page that the address names, beside the sidebar; a read that failed shows what to do about it."""
    st.set_page_config(page_title="Muster", page_icon="🛡️", layout="wide", initial_sidebar_state="expanded")
    st.html(Path(__file__).with_name("style.css"))
    page = st.navigation(
        [
            st.Page(
                partial(_guarded, overview.show),
                title="Overview",
                icon=":material/space_dashboard:",
                url_path="overview",
                default=True,
            ),
            st.Page(partial(_guarded, findings.show), title="Findings", icon=":material/policy:", url_path="findings"),
        ]
    )
    page.run()


def _guarded(show: Callable[[], None]) -> None:
    try:
        sidebar.show()
        show()
    except DataError as error:
        st.html(card("The dashboard cannot read the findings", text(error), hint=error.mend))


if __name__ == "__main__":
    show_app()
