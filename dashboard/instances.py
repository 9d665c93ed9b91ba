"""The security agent on instances: how many have it, where it is lacking and why, as the hub counted last."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta

import msgspec
import streamlit as st

from contract.agents import REASONS_OF_LACKING, AgentState, Reason
from dashboard import data
from dashboard.export import Row
from dashboard.filters import Filters
from dashboard.organization import Organization
from hub.store.agent_coverage import AgentCoverage, AgentCoverageStore, AgentDay
from hub.store.agents import AgentStore, KnownInstance

INSTANCE_COLUMNS = (
    *("account", "name", "owner", "region", "instance", "instance_name", "platform"),
    *("state", "reason", "since", "details", "exit_code"),
)
# Of so many accounts, those where most instances lack the agent, the instances are read.
_ACCOUNTS = 40
_FRESH = timedelta(minutes=2)


class Share(msgspec.Struct, frozen=True):
    """Of an account, unit or owner: how many instances have the agent, lack it, and need not have it."""

    name: str
    installed: int
    lacking: int
    excluded: int

    @property
    def wanted(self) -> int:
        """How many should have it."""
        return self.installed + self.lacking


class Instances(msgspec.Struct, frozen=True):
    """Instances of some accounts by state, and by the reason why they lack the agent; and those accounts.

    `days` are how many lacked it on each day in the whole organization; empty for a part of it.
    """

    states: Counter[str]
    reasons: Counter[Reason]
    accounts: tuple[AgentCoverage, ...]
    days: tuple[AgentDay, ...]

    @property
    def lacking(self) -> int:
        """How many should have the agent and have not."""
        return sum(one.lacking for one in self.accounts)

    def shares(self, name_of: Callable[[str], str]) -> list[Share]:
        """Return the shares of whatever `name_of` makes of an account, where most lack it first."""
        sums: dict[str, Counter[str]] = {}
        for one in self.accounts:
            sums.setdefault(name_of(one.account), Counter()).update(
                has=one.installed, lacks=one.lacking, out=one.states.get(AgentState.EXCLUDED, 0)
            )
        found = [Share(name, counts["has"], counts["lacks"], counts["out"]) for name, counts in sums.items()]
        return sorted(found, key=lambda one: (-one.lacking, one.name))


class Lacking(msgspec.Struct, frozen=True):
    """Instances without the agent, the longest first; whether all of them were read."""

    instances: tuple[KnownInstance, ...]
    is_whole: bool


def instances(among: Organization, *, is_all: bool) -> Instances:
    """Return how the accounts' instances are; `is_all`: they are the whole organization. Raises `DataError`."""
    with data.state():
        found = tuple(one for one in _coverage() if one.account in among.accounts)
        days = tuple(_days()) if is_all and data.sees_all() else ()
    states: Counter[str] = Counter()
    reasons: Counter[Reason] = Counter()
    for one in found:
        states.update(one.states)
        reasons.update({Reason(name): count for name, count in one.reasons.items() if name in REASONS_OF_LACKING})
    return Instances(states, reasons, found, days)


def lacking(known: Instances, filters: Filters) -> Lacking:
    """Return the instances without the agent in the Regions that filters ask for. Raises `DataError`."""
    worst = sorted((one for one in known.accounts if one.lacking), key=lambda one: (-one.lacking, one.account))
    with data.state():
        found = _lacking(tuple(one.account for one in worst[:_ACCOUNTS]))
    asked = (one for one in found if not filters.region or one.status.region in filters.region)
    return Lacking(tuple(sorted(asked, key=_since)), len(worst) <= _ACCOUNTS)


def instance_row(one: KnownInstance, organization: Organization) -> Row:
    """Return a row of the file."""
    said = one.status
    known = {"name": organization.name(said.account), "owner": organization.owner(said.account)}
    known["since"] = one.missing_since
    return {name: known.get(name, getattr(said, name, "")) for name in INSTANCE_COLUMNS}


def _since(one: KnownInstance) -> tuple[str, str]:
    return one.missing_since, one.status.instance


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _coverage() -> list[AgentCoverage]:
    with data.state() as place:
        return AgentCoverageStore(*place).all()


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _days() -> list[AgentDay]:
    with data.whole() as place:
        return list(AgentCoverageStore(*place).days())


@st.cache_data(ttl=_FRESH, max_entries=20, show_spinner=False)
def _lacking(accounts: Iterable[str]) -> list[KnownInstance]:
    with data.state() as place:
        return [one for one in AgentStore(*place).each(accounts, data.present()) if one.is_lacking]
