"""What is deployed, and how the channels are: reads of pages that are of no account."""

from datetime import timedelta

import msgspec
import streamlit as st

from dashboard import data
from dashboard.problems import DataError
from hub.store.deployed import Deployed, DeployedStore, Section
from hub.store.outbox import Outbox
from hub.store.outgoing import TargetState
from hub.store.suppressions import Suppression, SuppressionStore

_FRESH = timedelta(seconds=20)
_SETTLED = timedelta(minutes=5)
MOST_COUNTED = 1_000
_WAIT = "The hub stores it within an hour of its first rollout. muster status says whether that went well."


class Channels(msgspec.Struct, frozen=True):
    """What is remembered of each target (a channel or one address), and how much waits, `MOST_COUNTED` at most."""

    states: dict[str, TargetState]
    waiting: dict[str, int]


def in_words(waiting: int) -> str:
    """Return how much waits."""
    return f"{waiting:,}" if waiting < MOST_COUNTED else f"{MOST_COUNTED:,} or more"


def deployed() -> Deployed:
    """Return what is deployed. Raises `DataError`, as every read does, also before the hub has stored it."""
    with data.whole():
        found = _deployed()
    if found is None:
        raise DataError("the hub has not stored yet what is deployed", _WAIT)
    return found


def sections() -> list[Section]:
    """Return the settings that hold, by table of `muster.toml`."""
    with data.whole():
        return _sections()


def suppressions() -> list[Suppression]:
    """Return every suppression, those that end first first; those without an end last."""
    with data.whole():
        return sorted(_suppressions(), key=lambda one: (one.until or "9", one.id))


def channels() -> Channels:
    """Return how the channels are."""
    with data.whole():
        return _channels()


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _deployed() -> Deployed | None:
    with data.whole() as place:
        return DeployedStore(*place).read()


@st.cache_data(ttl=_SETTLED, max_entries=2, show_spinner=False)
def _sections() -> list[Section]:
    with data.whole() as place:
        return DeployedStore(*place).sections()


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _suppressions() -> list[Suppression]:
    with data.whole() as place:
        return SuppressionStore(*place).all()


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _channels() -> Channels:
    with data.whole() as place:
        outbox = Outbox(*place)
        states = outbox.states()
        return Channels(states, {name: outbox.counted(name, MOST_COUNTED) for name in states})
