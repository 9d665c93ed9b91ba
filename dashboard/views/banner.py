"""What stands above every page while people are not told of findings."""

import streamlit as st

from dashboard import data
from dashboard.markup import Html, joined, text
from hub.store.troubles import Trouble

_HEADING = "Not everybody is told of findings"
_MINOR = "Channels that need a look"


def show() -> None:
    """Show which channels fail and why, in words; nothing while all is well."""
    troubles = data.troubles()
    if not troubles:
        return
    is_grave = any(one.is_fatal for one in troubles)
    heading = _HEADING if is_grave else _MINOR
    kind = "bad" if is_grave else "note"
    with st.container(key="banner"):
        st.html(
            f'<section class="m-banner m-banner-{kind}" role="alert"><b>{text(heading)}</b>'
            f"{joined(_line(one) for one in troubles)}</section>"
        )


def _line(one: Trouble) -> Html:
    mend = f" {one.mend[:1].upper()}{one.mend[1:]}" if one.mend else ""
    return Html(f"<p><b>{text(one.channel)}</b>: {text(one.text)}.{text(mend)}</p>")
