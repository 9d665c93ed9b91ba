"""Parts of a page that fail on their own: what can be read stays on the screen."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.markup import card, problem
from dashboard.problems import DataError


@contextmanager
def part(title: str) -> Iterator[None]:
    """Show what is drawn inside; where a read fails, a card says so, and how to mend it."""
    try:
        yield
    except DataError as error:
        st.html(card(f"{title}: could not be read", problem(str(error), error.mend)))
