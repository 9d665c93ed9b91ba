"""The widgets that filter. They write the address; on every run the address sets them."""

from collections.abc import Sequence
from typing import Any

import msgspec
import streamlit as st

from dashboard.charts import WORST_FIRST
from dashboard.filters import GLOBAL, PERIODS, Filters, Group, Order, State, parameters, read_filters
from dashboard.organization import Organization

_MANY = ("severity", "account", "ou", "owner", "detection", "region")
_ONE = ("status", "group", "order", "text", "resource")
SORT, WHICH, SPOKES = "sort", "which", "spokes"
# What a page remembers beside the filters: in which order, and which of its rows.
OF_A_PAGE = (SORT, WHICH, SPOKES)
_LABELS = {"severity": "Severity", "region": "Region", "days": "Time", "account": "Account"}
_PERIODS = {0: "Any time", 1: "Today (UTC)", 365: "A year"}


def current() -> Filters:
    """Return what the address asks for."""
    return read_filters({name: st.query_params.get_all(name) for name in st.query_params})


def show_bar(organization: Organization) -> None:
    """Show the filters that hold on every page."""
    filters = current()
    _set(filters, GLOBAL)
    with st.container(key="bar", horizontal=True, vertical_alignment="bottom"):
        _choice("OU", "ou", filters.ou, organization.ous())
        _choice("Owner", "owner", filters.owner, organization.owners())
        accounts = _with(filters.account, organization.accounts_by_name())
        st.multiselect("Account", accounts, format_func=organization.label, placeholder="Any", **_bound("account"))
        _choice("Region", "region", filters.region, organization.regions())
        st.multiselect("Severity", WORST_FIRST, format_func=_word, placeholder="Any", **_bound("severity"))
        st.selectbox("Time", PERIODS, format_func=_period, **_bound("days"))


def show_more(detections: list[str]) -> Filters:
    """Show the filters that only a list of findings has, and return what the address asks for."""
    filters = current()
    _set(filters, ("detection", *_ONE))
    with st.container(key="filters", horizontal=True, vertical_alignment="bottom"):
        st.text_input("Search", placeholder="Title, actor, resource …", icon=":material/search:", **_bound("text"))
        _choice("Detection", "detection", filters.detection, detections)
        st.text_input("Resource", placeholder="Any (a whole ARN)", **_bound("resource"))
        st.selectbox("Status", tuple(State), format_func=_word, **_bound("status"))
        st.selectbox("Group by", tuple(Group), format_func=_word, **_bound("group"))
        # Heads of columns sort groups.
        if filters.group is Group.NONE:
            st.selectbox("Order", tuple(Order), format_func=_word, **_bound("order"))
    return filters


def without_effect(filters: Filters, names: Sequence[str]) -> str:
    """Return in words which of the filters that are set a page has no use for; empty: none."""
    idle = [_LABELS[one] for one in names if getattr(filters, one)]
    if not idle:
        return ""
    return f" {' and '.join(idle)} {'says' if len(idle) == 1 else 'say'} nothing here."


def write_address(filters: Filters, **others: str) -> None:
    """Put a view into the address, and into the browser's history; `others` are the page's own."""
    st.query_params.from_dict({**parameters(filters), **others})


def _choice(label: str, name: str, chosen: tuple[str, ...], known: list[str]) -> None:
    st.multiselect(label, _with(chosen, known), placeholder="Any", **_bound(name))


def _set(filters: Filters, names: Sequence[str]) -> None:
    for name in names:
        value = getattr(filters, name)
        st.session_state[_key(name)] = list(value) if name in _MANY else value


def _bound(name: str) -> dict[str, Any]:
    return {"key": _key(name), "on_change": _changed, "args": (name,)}


def _changed(name: str) -> None:
    """Write one filter: the page's own order stays, what was opened or grown by hand does not."""
    value = st.session_state[_key(name)]
    changed = {name: tuple(value) if name in _MANY else value, "shown": Filters().shown}
    write_address(msgspec.structs.replace(current(), **changed), **kept())


def kept() -> dict[str, str]:
    """Return what the page remembers beside the filters."""
    return {name: st.query_params[name] for name in OF_A_PAGE if name in st.query_params}


def _key(name: str) -> str:
    return f"filter_{name}"


def _word(value: str) -> str:
    return value.capitalize()


def _period(days: int) -> str:
    return _PERIODS.get(days) or f"{days} days"


def _with(chosen: tuple[str, ...], known: list[str]) -> list[str]:
    """Keep what a link names although nothing of it is known now."""
    return [*known, *(one for one in chosen if one not in known)]
