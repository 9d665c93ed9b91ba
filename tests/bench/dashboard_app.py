"""The dashboard on a hub in this process's memory: `streamlit run`, with FINDINGS findings."""

import os

import streamlit as st

from contract.clock import now
from dashboard import app, data
from tests.bench.many_findings import ManyFindings


@st.cache_resource(show_spinner=False)
def hub() -> ManyFindings:
    """Return the hub, the same for every visitor."""
    return ManyFindings(int(os.environ["FINDINGS"]), now())


data._client = hub
app.show_app()
