"""Archive: SQL over what was found in seven years, with questions to begin with."""

import streamlit as st

from contract.archive import COLUMNS
from dashboard import deployment
from dashboard.archive.asked import LIMITS, ask
from dashboard.archive.asking import Answer
from dashboard.archive.saved import SAVED
from dashboard.markup import Html, breakable, card, chip, empty, joined, problem, table, text
from dashboard.problems import KEPT_DAYS, DataError
from dashboard.views import exporting
from dashboard.views.parts import part
from hub.store.items import RETENTION

_SQL, _CHOSEN, _ANSWER = "archive_sql", "archive_saved", "archive_answer"
_SHOWN = 200
_OWN = "A question of your own"
_QUESTIONS = {one.title: one.sql for one in SAVED}
_PARTITIONS = ("year", "month", "day")
_FIRST = "Choose a question or write one, then ask."
_OFF = "Set archive.enabled = true in muster.toml, then make deploy: closed findings are kept for seven years."


def show() -> None:
    """Show the question, and its answer once it was asked."""
    words = f"Findings that were closed more than {RETENTION.days} days ago, for seven years. Read only."
    st.html(f'<div class="m-head"><h1>Archive</h1><p>{words}</p></div>')
    with part("Archive"):
        known = deployment.deployed()
        if not known.archive_engine:
            st.html(card("There is no archive", empty(f"Closed findings are deleted after {KEPT_DAYS} days", _OFF)))
            return
        _show_question("Athena" if known.archive_engine == "athena" else "DuckDB")
        _show_answer()
        st.html(_columns())


def _show_question(engine: str) -> None:
    st.session_state.setdefault(_SQL, SAVED[0].sql)
    with st.container(key="panel-question"):
        st.selectbox("Question", [*_QUESTIONS, _OWN], key=_CHOSEN, on_change=_take)
        with st.form("archive-question", border=False):
            st.text_area("SQL over the table findings", key=_SQL, height=140)
            is_asked = st.form_submit_button("Ask", icon=":material/play_arrow:", type="primary")
        st.html(f'<p class="m-hint">{text(_limits(engine))}</p>')
    if is_asked:
        with st.spinner(f"{engine} reads the archive", show_time=True):
            st.session_state[_ANSWER] = _answer(st.session_state[_SQL])


def _limits(engine: str) -> str:
    read = (
        "A question that names year and month reads less; Athena bills $5 a terabyte."
        if engine == "Athena"
        else f"It reads all of the archive, {LIMITS.megabytes:,} MB at most."
    )
    return f"{engine} answers with {LIMITS.rows:,} rows at most, within {LIMITS.seconds:g} seconds. {read}"


def _take() -> None:
    chosen = st.session_state[_CHOSEN]
    st.session_state[_SQL] = _QUESTIONS.get(chosen, "SELECT ")


def _answer(sql: str) -> tuple[str, Answer | DataError]:
    try:
        return sql, ask(sql)
    except DataError as error:
        return sql, error


def _show_answer() -> None:
    asked = st.session_state.get(_ANSWER)
    if asked is None:
        st.html(card("Answer", empty("Nothing was asked yet", _FIRST)))
        return
    sql, answer = asked
    if isinstance(answer, DataError):
        st.html(card("No answer", problem(str(answer), answer.mend), sql))
        return
    if not answer.rows:
        st.html(card("No rows", empty("Nothing in the archive matches", "Ask of more months, or of less."), sql))
        return
    st.html(_rows(answer, sql))
    rows = [{name: one[place] for place, name in enumerate(answer.columns)} for one in answer.rows]
    exporting.show("archive", answer.columns, rows)


def _rows(answer: Answer, sql: str) -> Html:
    title = _count(answer)
    rows = [tuple(_cell(value) for value in row) for row in answer.rows[:_SHOWN]]
    # The question sorts: a head that led to another address would lose the answer.
    hint = f"The first {_SHOWN} stand here, the file has them all. {sql}" if len(answer.rows) > _SHOWN else sql
    return card(title, table(answer.columns, rows, title), hint)


def _count(answer: Answer) -> str:
    count = len(answer.rows)
    if answer.is_cut:
        return f"The first {count:,} rows; there are more"
    return "1 row" if count == 1 else f"{count:,} rows"


def _cell(value: object) -> Html:
    return breakable("" if value is None else str(value)[:500])


def _columns() -> Html:
    chips = joined(chip(name, "code") for name in (*_PARTITIONS, *COLUMNS))
    return card(
        "Columns", Html(f'<div class="m-chips">{chips}</div>'), "All are text; finding is the whole of it as JSON."
    )
