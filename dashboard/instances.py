"""The security agent on instances: how many have it, where it is lacking and why, as the hub counted last."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from enum import StrEnum

import msgspec
import streamlit as st

from contract.agents import LACKING, REASONS_OF_LACKING, AgentState, Reason
from dashboard import data
from dashboard.export import Row
from dashboard.filters import Filters
from dashboard.organization import Organization
from hub.store.agent_coverage import AgentCoverage, AgentCoverageStore, AgentDay
from hub.store.agents import AgentStore, KnownInstance

INSTANCE_COLUMNS = (
    *("account", "name", "owner", "region", "instance", "instance_name", "platform"),
    *("state", "reason", "since", "details", "exit_code", "agent_version", "at"),
)
# Of so many accounts, those with most of what is asked for, so many instances each are looked at, so many of all are
# listed; the page says when there are more.
_ACCOUNTS = 40
_LOOKED_AT = 20_000
_LISTED = 2_000
_PARALLEL = 8
_FRESH = timedelta(minutes=2)


class Which(StrEnum):
    """Which instances are listed."""

    LACKING = "lacking"
    INSTALLED = "installed"
    EXCLUDED = "excluded"
    REMOVED = "removed"
    EVERY = "every"

    @property
    def states(self) -> tuple[AgentState, ...]:
        """The states that it stands for."""
        return _STATES[self]


_STATES = {
    Which.LACKING: LACKING,
    Which.INSTALLED: (AgentState.INSTALLED,),
    Which.EXCLUDED: (AgentState.EXCLUDED,),
    Which.REMOVED: (AgentState.REMOVED,),
    Which.EVERY: tuple(AgentState),
}


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

    @property
    def counted_at(self) -> str:
        """When the accounts were counted last (`contract.clock.iso` text); empty: never."""
        return max((one.at for one in self.accounts), default="")

    def shares(self, name_of: Callable[[str], str]) -> list[Share]:
        """Return the shares of whatever `name_of` makes of an account, where most lack it first."""
        sums: dict[str, Counter[str]] = {}
        for one in self.accounts:
            sums.setdefault(name_of(one.account), Counter()).update(
                has=one.installed, lacks=one.lacking, out=one.states.get(AgentState.EXCLUDED, 0)
            )
        found = [Share(name, counts["has"], counts["lacks"], counts["out"]) for name, counts in sums.items()]
        return sorted(found, key=lambda one: (-one.lacking, one.name))


class Listed(msgspec.Struct, frozen=True):
    """Instances as they stand now, who lacks the agent the longest first; whether all of them were read."""

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


def listed(known: Instances, which: Which, filters: Filters) -> Listed:
    """Return the instances in some states, in the Regions that filters ask for. Raises `DataError`."""

    def wanted(one: AgentCoverage) -> int:
        return sum(one.states.get(state, 0) for state in which.states)

    # The count is of the last hour; those without any then may have some now.
    ranked = sorted(known.accounts, key=lambda one: (-wanted(one), one.account))
    with data.state():
        found = _listed(tuple(one.account for one in ranked[:_ACCOUNTS]), which, filters.region)
    return msgspec.structs.replace(found, is_whole=found.is_whole and not any(map(wanted, ranked[_ACCOUNTS:])))


def instance(among: Organization, arn: str) -> KnownInstance | None:
    """Return an instance as it stands now; None when it is not known, or its account not among those."""
    # arn:partition:ec2:region:account:instance/id
    _, _, _, region, account, name, *_ = [*arn.split(":"), *[""] * 6]
    if account not in among.accounts:
        return None
    with data.state() as place:
        return AgentStore(*place).one(account, region, name.removeprefix("instance/"), data.present())


def instance_row(one: KnownInstance, organization: Organization) -> Row:
    """Return a row of the file."""
    said = one.status
    known = {"name": organization.name(said.account), "owner": organization.owner(said.account)}
    known["since"] = one.missing_since
    return {name: known.get(name, getattr(said, name, "")) for name in INSTANCE_COLUMNS}


def _since(one: KnownInstance) -> tuple[bool, str, str]:
    return not one.is_lacking, one.missing_since, one.status.instance


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _coverage() -> list[AgentCoverage]:
    with data.state() as place:
        return AgentCoverageStore(*place).all()


@st.cache_data(ttl=_FRESH, max_entries=2, show_spinner=False)
def _days() -> list[AgentDay]:
    with data.whole() as place:
        return list(AgentCoverageStore(*place).days())


@st.cache_data(ttl=_FRESH, max_entries=8, show_spinner=False)
def _listed(accounts: tuple[str, ...], which: Which, regions: tuple[str, ...]) -> Listed:
    with data.state() as place, ThreadPoolExecutor(_PARALLEL) as pool:
        store, moment = AgentStore(*place), data.present()

        def look(account: str) -> Listed:
            found: list[KnownInstance] = []
            for looked_at, one in enumerate(store.of(account, moment)):
                if looked_at >= _LOOKED_AT or len(found) > _LISTED:
                    return Listed(tuple(found), is_whole=False)
                if one.status.state in which.states and (not regions or one.status.region in regions):
                    found.append(one)
            return Listed(tuple(found), is_whole=True)

        parts = list(pool.map(look, accounts))
    every = sorted((one for part in parts for one in part.instances), key=_since)
    return Listed(tuple(every[:_LISTED]), len(every) <= _LISTED and all(part.is_whole for part in parts))
