"""What one person sees of the organization: some accounts with all that is theirs, or everything."""

from collections.abc import Iterable

import msgspec

from contract.finding import Finding
from dashboard.access import Access
from dashboard.organization import Organization
from hub.store.query import FindingQuery, Page
from hub.store.rollups import Count

NOTHING = Page((), None)


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts that somebody sees (None: whatever there is, also of accounts that nobody knows)."""

    access: Access
    accounts: frozenset[str] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is hidden."""
        return self.accounts is None

    def has(self, account: str) -> bool:
        """Whether what is of an account may be shown."""
        return self.accounts is None or account in self.accounts

    def organization(self, whole: Organization) -> Organization:
        """Return the organization with the visible accounts and their spokes only."""
        if self.accounts is None:
            return whole
        return msgspec.structs.replace(
            whole,
            accounts={name: one for name, one in whole.accounts.items() if self.has(name)},
            spokes=tuple(spoke for spoke in whole.spokes if self.has(spoke.heartbeat.account)),
        )

    def narrowed(self, asked: FindingQuery) -> FindingQuery | None:
        """Return a query that asks for visible findings only; None when nothing that it asks for is visible."""
        if self.accounts is None:
            return asked
        # In one order, so that a cursor fits the query of the next page.
        visible = tuple(sorted(self.accounts.intersection(asked.accounts) if asked.accounts else self.accounts))
        return msgspec.structs.replace(asked, accounts=visible) if visible else None

    def page(self, found: Page) -> Page:
        """Return a page without what must not be shown, whatever the store made of the query."""
        return Page(tuple(one for one in found.findings if self.has(one.account)), found.cursor)

    def finding(self, found: Finding | None) -> Finding | None:
        """Return a finding; one that must not be shown is as good as none."""
        return found if found and self.has(found.account) else None

    def counts(self, counted: Iterable[Count]) -> list[Count]:
        """Return the counters of visible accounts; those of detections add up all accounts, so they are left out."""
        return [one for one in counted if self.accounts is None or (one.account and self.has(one.account))]


def view_of(access: Access, whole: Organization) -> View:
    """Return what somebody sees of an organization."""
    if access.is_whole:
        return View(access=access)
    return View(access=access, accounts=frozenset(one.id for one in whole.accounts.values() if access.sees(one)))
