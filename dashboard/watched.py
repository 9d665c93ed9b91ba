"""Whether each account is watched in each Region, row by row; nothing here reads AWS."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

import msgspec

from dashboard.export import Row
from dashboard.organization import Organization
from hub.store.accounts import ACTIVE, Account
from hub.store.spokes import Spoke

COLUMNS = ("account", "name", "ou", "owner", "region", "state", "why", "version", "last_heartbeat")
_NEVER = "No heartbeat came: muster status says what its stack instance says."
_SILENT = "Heartbeats stopped: muster status says whether its stack is there."
_OUTSIDE = "It is in none of organization.ous."
_UNREACHED = "StackSets never reach the management account: organization.include_management_account gives it a spoke."
_EXCLUDED = "muster.toml leaves it out."


class State(StrEnum):
    """How a spoke is, or why there is none; the worst first."""

    SILENT = "silent"
    NEVER = "never heard of"
    UNWELL = "not well"
    WITHOUT = "not watched"
    WELL = "reports"


class Watched(msgspec.Struct, frozen=True):
    """An account in a Region. `why` says what is wrong and what to do; `seen_at` is `contract.clock.iso` text."""

    account: str
    region: str
    state: State
    why: str = ""
    version: str = ""
    seen_at: str = ""


def watched(organization: Organization, now: datetime) -> list[Watched]:
    """Return every active account in every Region that is asked for and has or should have a spoke, the worst first."""
    rows = [_heard(one, now) for one in organization.watched]
    spokes = organization.spokes_by_account()
    for account in organization.accounts.values():
        if account.status == ACTIVE:
            heard = {one.heartbeat.region for one in spokes.get(account.id, ())}
            rows += _unheard(account, heard, organization.asked)
    order = list(State)
    return sorted(rows, key=lambda one: (order.index(one.state), organization.label(one.account), one.region))


def _heard(spoke: Spoke, now: datetime) -> Watched:
    beat = spoke.heartbeat
    if spoke.is_silent(now):
        state, why = State.SILENT, _SILENT
    elif beat.complaint:
        state, why = State.UNWELL, beat.complaint
    else:
        state, why = State.WELL, ""
    return Watched(beat.account, beat.region, state, why, beat.version, spoke.seen_at)


def _unheard(account: Account, heard: set[str], regions: tuple[str, ...]) -> Iterator[Watched]:
    for region in account.covered_since:
        if region not in heard and (not regions or region in regions):
            yield Watched(account.id, region, State.NEVER, _NEVER)
    if not (account.covered_since or heard):
        yield Watched(account.id, "", State.WITHOUT, _why_not(account))


def _why_not(account: Account) -> str:
    if account.is_management:
        return _UNREACHED
    return _OUTSIDE if account.outside_since else _EXCLUDED


def watched_row(one: Watched, organization: Organization) -> Row:
    """Return a row of the file."""
    return {
        "account": one.account,
        "name": organization.name(one.account),
        "ou": organization.path(one.account),
        "owner": organization.owner(one.account),
        "region": one.region,
        "state": one.state.value,
        "why": one.why,
        "version": one.version,
        "last_heartbeat": one.seen_at,
    }
