"""What a page shows, as its address says it: the address is the truth, widgets follow it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

import msgspec

from contract.finding import Severity

PAGE = 50
# Groups and free text look at many findings to show few rows; a larger page asks the store as often.
LARGE_PAGE = 500
# A page costs a read of every shard; past this many rows, narrow the filters.
MOST_SHOWN = 1000
# DynamoDB takes no key above 2,048 bytes; what an address names becomes a key, with a shard behind it.
_LONGEST = 2000
# Of the last so many days, today (UTC) among them; 0 is any time.
PERIODS = (0, 1, 7, 30, 90, 365)
# Python refuses to read a number of more than 4,300 digits.
_MOST_DIGITS = 9


class State(StrEnum):
    """Which findings a list shows, by what became of them."""

    OPEN = "open"
    NEW = "new"
    SUPPRESSED = "suppressed"
    RESOLVED = "resolved"
    CLOSED = "closed"

    @property
    def is_closed(self) -> bool:
        """Whether nobody needs to look at them any more."""
        return self in {State.SUPPRESSED, State.RESOLVED, State.CLOSED}


class Group(StrEnum):
    """By what the list is grouped."""

    NONE = "none"
    DETECTION = "detection"
    ACCOUNT = "account"
    OWNER = "owner"
    RESOURCE = "resource"


class Order(StrEnum):
    """Which finding comes first."""

    NEWEST = "newest"
    OLDEST = "oldest"
    WORST = "worst"


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """One view of the findings. Empty means any; several values of one filter mean any of them.

    `days`: first seen within the last so many days. Those in `GLOBAL` hold on every page.
    """

    severity: tuple[Severity, ...] = ()
    account: tuple[str, ...] = ()
    ou: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    days: int = 0
    detection: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    resource: str = ""
    status: State = State.OPEN
    text: str = ""
    group: Group = Group.NONE
    order: Order = Order.NEWEST
    shown: int = PAGE

    @property
    def page(self) -> int:
        """How many findings to ask the store for at once."""
        return PAGE if self.group is Group.NONE and not self.text else LARGE_PAGE

    @property
    def wanted(self) -> int:
        """How many findings the view shows, or groups."""
        return self.shown if self.group is Group.NONE else max(self.shown, LARGE_PAGE)

    @property
    def of_every_page(self) -> "Filters":
        """Those that hold on every page."""
        return Filters(**{name: getattr(self, name) for name in GLOBAL})

    @property
    def names_accounts(self) -> bool:
        """Whether only some accounts are asked for."""
        return bool(self.ou or self.owner or self.account)


GLOBAL = ("ou", "owner", "account", "region", "severity", "days")


Choice = TypeVar("Choice", Severity, State, Group, Order)


def read_filters(query: Mapping[str, Sequence[str]]) -> Filters:
    """Return the filters of an address's query; what it does not understand, it leaves out."""
    return Filters(
        severity=tuple(_known(Severity, query.get("severity", ()))),
        account=_several(query.get("account", ())),
        ou=_several(query.get("ou", ())),
        owner=_several(query.get("owner", ())),
        days=_days(_first(query.get("days", ()), "")),
        detection=_several(query.get("detection", ())),
        region=_several(query.get("region", ())),
        resource=_first(_several(query.get("resource", ())), ""),
        status=_first(_known(State, query.get("status", ())), State.OPEN),
        text=_first(_several(query.get("text", ())), ""),
        group=_first(_known(Group, query.get("group", ())), Group.NONE),
        order=_first(_known(Order, query.get("order", ())), Order.NEWEST),
        shown=_shown(_first(query.get("shown", ()), "")),
    )


def parameters(filters: Filters) -> dict[str, str | list[str]]:
    """Return the query that reproduces the filters; defaults stay out of it, so that addresses are short."""
    default = Filters()
    changed = {
        name: value for name, value in msgspec.structs.asdict(filters).items() if value != getattr(default, name)
    }
    return {name: list(value) if isinstance(value, tuple) else str(value) for name, value in changed.items()}


Value = TypeVar("Value")


def _first(values: Sequence[Value], absent: Value) -> Value:
    return values[0] if values else absent


def _several(values: Sequence[str]) -> tuple[str, ...]:
    bounded = (value.encode(errors="ignore")[:_LONGEST].decode(errors="ignore").strip() for value in values)
    return tuple(dict.fromkeys(value for value in bounded if value))


def _known(kind: type[Choice], values: Sequence[str]) -> list[Choice]:
    return [member for member in kind if member.value in {value.strip() for value in values}]


def _days(value: str) -> int:
    return next((days for days in PERIODS if str(days) == value.strip()), 0)


def _shown(value: str) -> int:
    if not value.isdecimal():
        return PAGE
    return MOST_SHOWN if len(value) > _MOST_DIGITS else min(max(int(value), PAGE), MOST_SHOWN)
