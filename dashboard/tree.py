"""The organization's units with what is open in them and below. Pure."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from contract.finding import Severity
from dashboard.charts import WORST_FIRST, Counts, summed
from dashboard.export import Row
from dashboard.organization import Organization
from dashboard.score import Score, score_of
from hub.store.accounts import ACTIVE

UNIT_COLUMNS = ("unit", "score", "accounts", "not_watched", "open", *(one.lower() for one in WORST_FIRST))


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A unit: its path, how deep it lies (0: the root), and what is so of the accounts in it and below."""

    path: str
    depth: int
    accounts: int
    unwatched: int
    open: Counts
    score: Score | None

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path.rpartition("/")[2]


def units(organization: Organization, by_account: Mapping[str, Counts], now: datetime) -> list[Unit]:
    """Return every unit, each before those below it."""
    unwatched = organization.unwatched(now)
    spokes = organization.spokes_by_account()
    found = []
    for path in sorted(organization.ous(), key=lambda one: one.split("/")):
        inside = organization.accounts_in((path,))
        part = msgspec.structs.replace(
            organization,
            accounts={one: organization.accounts[one] for one in inside},
            spokes=tuple(spoke for one in inside for spoke in spokes.get(one, ())),
        )
        found.append(
            Unit(
                path=path,
                depth=path.count("/"),
                accounts=sum(organization.accounts[one].status == ACTIVE for one in inside),
                unwatched=len(unwatched.intersection(inside)),
                open=summed(by_account.get(one, {}) for one in inside),
                score=score_of(part, by_account, now),
            )
        )
    return found


def unit_row(unit: Unit) -> Row:
    """Return a row of the file."""
    return {
        "unit": unit.path,
        "score": round(unit.score.points) if unit.score else "",
        "accounts": unit.accounts,
        "not_watched": unit.unwatched,
        "open": sum(unit.open.values()),
        **{severity.lower(): unit.open.get(severity, 0) for severity in WORST_FIRST},
    }


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An account as a row: `seen_at` is its spokes' earliest last heartbeat, `oldest` since when it is critical.

    `oldest_is_later`: it is since some moment after `oldest`.
    """

    id: str
    name: str
    path: str
    owner: str
    status: str
    open: Counts
    accepted: Counts
    seen_at: str = ""
    is_silent: bool = False
    versions: tuple[str, ...] = ()
    oldest: str = ""
    oldest_is_later: bool = False

    @property
    def total(self) -> int:
        """How many findings are open."""
        return sum(self.open.values())

    @property
    def weight(self) -> tuple[int, ...]:
        """How it ranks: by the worst severity first."""
        return tuple(self.open.get(severity, 0) for severity in reversed(Severity))
