"""What stands in place of the pages for whoever may not come in; in the sidebar, who came in."""

import os
from collections.abc import Iterable

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard import session
from dashboard.access import Access, Grant
from dashboard.markup import Html, card, joined, problem, second_line, text
from dashboard.places import BROWSER, Place, browser_of, places
from dashboard.sign_in import configured

_ROLES = {True: "Operator", False: "Viewer"}
_WELCOME = "Findings of your organization's accounts, for those whose group may see them."
_EXPIRED = "You signed in some time ago. Sign in again to go on; the page opens where you were."


def admits(page: StreamlitPage, pages: Iterable[StreamlitPage]) -> bool:
    """Return whether whoever is at a page may see it; else show why not, and what to do.

    Who has just signed in goes on to the page that they had asked for.
    """
    try:
        session.access()
    except session.SignedOutError:
        _keep(page)
        _show_sign_in("Sign in", _WELCOME)
    except session.ExpiredError as error:
        _keep(page)
        _show_sign_in("Your session is over", f"{_EXPIRED} {error.mend.partition('; ')[2].capitalize()}")
    except session.NoGroupError as error:
        _show_stranger(error)
    except session.NotAdmittedError as error:
        st.html(card("The dashboard is not open to others", problem(str(error), error.mend)))
    else:
        _go_on(pages)
        return True
    return False


def _keep(page: StreamlitPage) -> None:
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    if page.url_path or query:
        places().keep(_browser(), Place(page.url_path, query))


def _go_on(pages: Iterable[StreamlitPage]) -> None:
    wanted = places().take(_browser()) if configured(os.environ) else None
    page = next((one for one in pages if wanted and one.url_path == wanted.page), None)
    if page and wanted:
        st.switch_page(page, query_params={name: list(values) for name, values in wanted.query.items()})


def _browser() -> str:
    return browser_of(str(st.context.cookies.get(BROWSER, "")))


def _show_sign_in(title: str, words: str) -> None:
    with st.container(key="door"):
        st.html(_head(title, words))
        st.button("Sign in", type="primary", icon=":material/login:", on_click=st.login)


def _show_stranger(error: session.NoGroupError) -> None:
    with st.container(key="door"):
        st.html(_head("Nothing to see yet", f"You are signed in as {error.person}."))
        st.html(problem(str(error), error.mend))
        st.button("Sign out", icon=":material/logout:", on_click=st.logout)


def _head(title: str, words: str) -> Html:
    brand = '<div class="m-brand"><span aria-hidden="true">M</span>Muster</div>'
    return Html(f'{brand}<div class="m-head"><h1>{text(title)}</h1><p>{text(words)}</p></div>')


def show_person() -> None:
    """Show who signed in, what they may, and the way out; nothing where nobody has to sign in."""
    access = session.access()
    if not access.person:
        return
    with st.sidebar:
        who = joined((Html("<b>Signed in as</b>"), text(access.person), _may(access)))
        st.html(f'<p class="m-side">{who}</p>')
        st.button("Sign out", icon=":material/logout:", width="stretch", on_click=st.logout)


def _may(access: Access) -> Html:
    where = "the whole organization" if access.is_whole else _counted(access.grants)
    return second_line(f"{_ROLES[access.is_operator]} · {where}")


def _counted(grants: Iterable[Grant]) -> str:
    units = {unit for grant in grants for unit in grant.units}
    return "1 unit" if len(units) == 1 else f"{len(units)} units"
