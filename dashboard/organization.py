"""What the dashboard knows of the organization at one moment; nothing here reads AWS."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from contract.finding import Finding, Severity

Counts = Mapping[Severity, int]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """An account of the organization."""

    id: str
    name: str = ""
    path: str = ""
    owner: str = ""
    is_active: bool = True


class Reporter(msgspec.Struct, frozen=True, kw_only=True):
    """A spoke and its last heartbeat; `checks` names what is wrong with it."""

    account: str
    region: str
    seen: str
    version: str = ""
    interval_seconds: int = 3600
    checks: Mapping[str, str] = {}

    def is_silent(self, now: datetime) -> bool:
        """Whether two heartbeats in a row are missing: one may be late, EventBridge delivers at least once, not in time."""
        return now - datetime.fromisoformat(self.seen) > timedelta(seconds=2.5 * self.interval_seconds)


class Tagging(msgspec.Struct, frozen=True, kw_only=True):
    """What the creator taggers wrote in the last days."""

    written: int = 0
    failed: int = 0


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts, spokes and counters. `days` holds new findings a day, oldest first; `read_at` is when it was read."""

    id: str
    read_at: str
    counted_at: str = ""
    accounts: Mapping[str, Member] = {}
    spokes: tuple[Reporter, ...] = ()
    open: Counts = {}
    by_account: Mapping[str, Counts] = {}
    by_detection: Mapping[str, int] = {}
    days: tuple[tuple[str, Counts], ...] = ()
    newest: tuple[Finding, ...] = ()
    tagging: Tagging | None = None

    def name(self, account: str) -> str:
        """Return an account's name; its id while the name is unknown."""
        known = self.accounts.get(account)
        return known.name if known and known.name else account

    def label(self, account: str) -> str:
        """Return an account's name and id."""
        return f"{self.name(account)} · {account}" if self.name(account) != account else account

    def path(self, account: str) -> str:
        """Return the OU path of an account; empty while it is unknown."""
        known = self.accounts.get(account)
        return known.path if known else ""

    def owner(self, account: str) -> str:
        """Return who owns an account; empty when no tag says so."""
        known = self.accounts.get(account)
        return known.owner if known else ""

    def accounts_by_name(self) -> list[str]:
        """Return every account that has a name or a finding, in the order of their names."""
        return sorted({*self.accounts, *self.by_account}, key=self.label)

    def ous(self) -> list[str]:
        """Return every OU path, the parents of each too."""
        return sorted({parent for member in self.accounts.values() for parent in _with_parents(member.path)})

    def accounts_in(self, ous: Iterable[str]) -> frozenset[str]:
        """Return the accounts in some OUs and in the OUs below them."""
        wanted = set(ous)
        return frozenset(one.id for one in self.accounts.values() if wanted & set(_with_parents(one.path)))

    def regions(self) -> list[str]:
        """Return every Region that has a spoke."""
        return sorted({spoke.region for spoke in self.spokes})

    def silent(self, now: datetime) -> list[Reporter]:
        """Return the spokes that miss heartbeats, the longest silent first."""
        return sorted((spoke for spoke in self.spokes if spoke.is_silent(now)), key=lambda spoke: spoke.seen)

    def never_joined(self) -> list[str]:
        """Return the active accounts from which no spoke ever reported."""
        reporting = {spoke.account for spoke in self.spokes}
        return sorted((one.id for one in self.accounts.values() if one.is_active and one.id not in reporting), key=self.label)


def _with_parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts) + 1) if path and parts[length - 1]]
