"""What the dashboard knows of the organization at one moment; nothing here reads AWS."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from contract.finding import Finding
from dashboard.filters import Filters
from hub.store.accounts import ACTIVE, Account
from hub.store.spokes import Spoke


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """Its accounts and spokes; `asked` are the Regions that are looked at, empty: all. Times are `iso` text."""

    id: str
    read_at: str
    accounts: Mapping[str, Account] = {}
    spokes: tuple[Spoke, ...] = ()
    asked: tuple[str, ...] = ()

    def name(self, account: str) -> str:
        """Return an account's name; its id while the name is unknown."""
        known = self.accounts.get(account)
        return known.name if known and known.name else account

    def title(self, finding: Finding) -> str:
        """Return a finding's title with the account's name in place of its id, as alerts say it."""
        return finding.title.replace(f"account {finding.account}", f"account {self.name(finding.account)}")

    def label(self, account: str) -> str:
        """Return an account's name and id."""
        return f"{self.name(account)} · {account}" if self.name(account) != account else account

    def path(self, account: str) -> str:
        """Return the OU path of an account; empty while it is unknown."""
        known = self.accounts.get(account)
        return known.ou_path if known else ""

    def owner(self, account: str) -> str:
        """Return who owns an account; empty when no tag says so."""
        known = self.accounts.get(account)
        return known.owner if known else ""

    def accounts_by_name(self) -> list[str]:
        """Return every account in the order of their names."""
        return sorted(self.accounts, key=self.label)

    def ous(self) -> list[str]:
        """Return every OU path, those above them too."""
        return sorted({path for account in self.accounts.values() for path in _and_above(account.ou_path)})

    def accounts_in(self, ous: Iterable[str]) -> tuple[str, ...]:
        """Return the accounts in some OUs and in the OUs below them."""
        wanted = set(ous)
        return tuple(one.id for one in self.accounts.values() if wanted.intersection(_and_above(one.ou_path)))

    def owners(self) -> list[str]:
        """Return everybody who owns an account."""
        return sorted({one.owner for one in self.accounts.values() if one.owner})

    def chosen(self, filters: Filters) -> tuple[str, ...] | None:
        """Return the accounts that filters ask for: empty when they ask for any, None when they leave none."""
        if not (filters.ou or filters.owner):
            return filters.account
        inside = self.accounts_in(filters.ou) if filters.ou else tuple(self.accounts)
        owned = (one for one in inside if not filters.owner or self.owner(one) in filters.owner)
        return tuple(one for one in owned if not filters.account or one in filters.account) or None

    def narrowed(self, filters: Filters) -> "Organization":
        """Return the part of the organization that filters ask for: its accounts, looked at in its Regions."""
        chosen = self.chosen(filters) if filters.names_accounts else tuple(self.accounts)
        kept = set(chosen or ())
        return msgspec.structs.replace(
            self,
            accounts={one: account for one, account in self.accounts.items() if one in kept},
            spokes=tuple(one for one in self.spokes if one.heartbeat.account in kept or not filters.names_accounts),
            asked=filters.region,
        )

    def regions(self) -> list[str]:
        """Return every Region that has a spoke."""
        return sorted({spoke.heartbeat.region for spoke in self.spokes})

    @property
    def watched(self) -> tuple[Spoke, ...]:
        """The spokes that should report: those of accounts that left or are suspended need not."""
        gone = {one.id for one in self.accounts.values() if one.status != ACTIVE}
        return tuple(one for one in self.spokes if one.heartbeat.account not in gone and self._is_asked(one))

    def silent(self, now: datetime) -> list[Spoke]:
        """Return the spokes that miss heartbeats, the longest silent first."""
        return sorted((spoke for spoke in self.watched if spoke.is_silent(now)), key=lambda spoke: spoke.seen_at)

    def unwell(self, now: datetime) -> list[Spoke]:
        """Return the spokes that report, and report that something of theirs is wrong."""
        return [spoke for spoke in self.watched if spoke.heartbeat.complaint and not spoke.is_silent(now)]

    def never_reported(self) -> list[str]:
        """Return the active accounts of which a spoke should have been heard, and never was."""
        return sorted((one.id for one in self._unheard() if not one.is_management), key=self.label)

    def unwatched(self, now: datetime) -> frozenset[str]:
        """Return the active accounts of which no spoke reports, though one should."""
        silent, reporting = set[str](), set[str]()
        for spoke in self.watched:
            (silent if spoke.is_silent(now) else reporting).add(spoke.heartbeat.account)
        return frozenset({*self.never_reported(), *(silent - reporting)} & self.accounts.keys())

    def spokes_by_account(self) -> dict[str, list[Spoke]]:
        """Return the spokes of each account that has any, in every Region."""
        found: dict[str, list[Spoke]] = {}
        for spoke in self.spokes:
            found.setdefault(spoke.heartbeat.account, []).append(spoke)
        return found

    def of_account(self, account: str) -> list[Spoke]:
        """Return an account's spokes by Region."""
        found = (one for one in self.spokes if one.heartbeat.account == account and self._is_asked(one))
        return sorted(found, key=lambda spoke: spoke.heartbeat.region)

    def unreached(self) -> list[str]:
        """Return the management account, unless a spoke of its own reports: StackSets never reach it."""
        return [one.id for one in self._unheard() if one.is_management]

    def _unheard(self) -> list[Account]:
        heard = {one.heartbeat.account for one in self.spokes}
        there = {one.heartbeat.account for one in self.spokes if self._is_asked(one)}
        return [
            one
            for one in self.accounts.values()
            if one.status == ACTIVE and one.id not in there and self._is_due(one, is_heard=one.id in heard)
        ]

    def _is_due(self, account: Account, *, is_heard: bool) -> bool:
        """Whether an account should have a spoke in a Region that is looked at."""
        if account.covered_since:
            return not self.asked or not account.covered_since.keys().isdisjoint(self.asked)
        return not is_heard

    def _is_asked(self, spoke: Spoke) -> bool:
        return not self.asked or spoke.heartbeat.region in self.asked


def _and_above(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]
