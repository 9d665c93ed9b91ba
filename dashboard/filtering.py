"""The widgets above the list. They write the address; on every run the address sets them."""

from typing import Any

import msgspec
import streamlit as st

from dashboard.charts import WORST_FIRST
from dashboard.filters import Filters, Group, Order, State, parameters, read_filters
from dashboard.organization import Organization

_MANY = ("severity", "account", "ou", "detection", "region")
_ONE = ("status", "group", "order", "text", "resource")


def current() -> Filters:
    """Return what the address asks for."""
    return read_filters({name: st.query_params.get_all(name) for name in st.query_params})


def show(organization: Organization, detections: list[str]) -> Filters:
    """Show the filters and return what the address asks for."""
    filters = current()
    for name in _MANY:
        st.session_state[_key(name)] = list(getattr(filters, name))
    for name in _ONE:
        st.session_state[_key(name)] = getattr(filters, name)
    with st.container(key="filters", horizontal=True, vertical_alignment="bottom"):
        _show_what()
        _show_where(filters, organization, detections)
        _show_how()
    return filters


def _show_what() -> None:
    st.text_input("Search", placeholder="Title, actor, resource …", icon=":material/search:", **_bound("text"))
    st.pills("Severity", WORST_FIRST, selection_mode="multi", format_func=_word, **_bound("severity"))


def _show_where(filters: Filters, organization: Organization, detections: list[str]) -> None:
    accounts = _with(filters.account, organization.accounts_by_name())
    st.multiselect("Account", accounts, format_func=organization.label, placeholder="Any", **_bound("account"))
    st.multiselect("OU", _with(filters.ou, organization.ous()), placeholder="Any", **_bound("ou"))
    st.multiselect("Detection", _with(filters.detection, detections), placeholder="Any", **_bound("detection"))
    st.multiselect("Region", _with(filters.region, organization.regions()), placeholder="Any", **_bound("region"))
    st.text_input("Resource", placeholder="Any (a whole ARN)", **_bound("resource"))


def _show_how() -> None:
    st.selectbox("Status", tuple(State), format_func=_word, **_bound("status"))
    st.selectbox("Group by", tuple(Group), format_func=_word, **_bound("group"))
    st.selectbox("Order", tuple(Order), format_func=_word, **_bound("order"))


def write_address(filters: Filters) -> None:
    """Put a view into the address, and into the browser's history."""
    st.query_params.from_dict(parameters(filters))


def _bound(name: str) -> dict[str, Any]:
    return {"key": _key(name), "on_change": _changed}


def _changed() -> None:
    chosen = {name: tuple(st.session_state[_key(name)]) for name in _MANY}
    one = {name: st.session_state[_key(name)] for name in _ONE}
    write_address(msgspec.structs.replace(Filters(), **chosen, **one))


def _key(name: str) -> str:
    return f"filter_{name}"


def _word(value: str) -> str:
    return value.capitalize()


def _with(chosen: tuple[str, ...], known: list[str]) -> list[str]:
    """Keep what a link names although nothing of it is known now."""
    return [*known, *(one for one in chosen if one not in known)]
