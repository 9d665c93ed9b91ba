"""The buttons below a table by which it becomes a file."""

from collections.abc import Sequence

import streamlit as st

from dashboard.export import Form, Row, exported


def show(name: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Show how to get a table that is all in hand; `name` is the file's, and unique on the page."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"export-{name}"):
        for form in Form:
            _button(name, form, exported(form, columns, rows), len(rows))


def _button(name: str, form: Form, text: str, count: int) -> None:
    label = f"Save {form.upper()} ({count:,} row{'s' if count != 1 else ''})"
    st.download_button(
        label,
        text,
        f"muster-{name}.{form}",
        form.mime,
        key=f"save-{name}-{form}",
        icon=":material/download:",
        on_click="ignore",
    )
