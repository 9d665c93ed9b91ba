"""The dashboard's start: `streamlit run dashboard/app.py`."""

from pathlib import Path

import streamlit as st

from dashboard import data, filtering, sidebar
from dashboard.markup import card, problem
from dashboard.problems import DataError
from dashboard.views import (
    accounts,
    archive,
    banner,
    compliance,
    coverage,
    door,
    findings,
    glance,
    operations,
    overview,
    settings,
    tagging,
)

_UNFILTERED = {"archive", "settings"}


def show_app() -> None:
    """Show the page that the address names, beside the sidebar; a read that failed shows what to do about it."""
    st.set_page_config(page_title="Muster", page_icon="🛡️", layout="wide", initial_sidebar_state="auto")
    st.html(Path(__file__).with_name("style.css"))
    home = glance if data.is_over_api() else overview
    pages = [
        st.Page(home.show, title="Overview", icon=":material/space_dashboard:", default=True),
        st.Page(findings.show, title="Findings", icon=":material/policy:", url_path="findings"),
        st.Page(accounts.show, title="Accounts", icon=":material/account_tree:", url_path="accounts"),
        st.Page(coverage.show, title="Coverage", icon=":material/radar:", url_path="coverage"),
        st.Page(tagging.show, title="Tagging and retention", icon=":material/sell:", url_path="tagging"),
        st.Page(compliance.show, title="Compliance", icon=":material/rule:", url_path="compliance"),
        st.Page(operations.show, title="Operations", icon=":material/monitor_heart:", url_path="operations"),
        st.Page(archive.show, title="Archive", icon=":material/inventory_2:", url_path="archive"),
        st.Page(settings.show, title="Settings", icon=":material/settings:", url_path="settings"),
    ]
    # The default page has no path of its own; whoever types one gets the page rather than "Page not found".
    typed = st.Page(home.show, title="Overview", url_path="overview")
    page = st.navigation([*pages, typed], position="hidden")
    st.set_page_config(page_title=f"{page.title} · Muster")
    if not door.admits(page, pages):
        return
    sidebar.show_pages(pages)
    try:
        sidebar.show_source()
        door.show_person()
        banner.show()
        # One finding is what its address says, whatever the filters are; other pages are the whole hub's.
        if "finding" not in st.query_params and page.url_path not in _UNFILTERED:
            filtering.show_bar(data.organization())
        page.run()
    except DataError as error:
        st.html(card("The dashboard cannot read the hub's tables", problem(str(error), error.mend)))


if __name__ == "__main__":
    show_app()
