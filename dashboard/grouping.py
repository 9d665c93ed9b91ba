"""Findings by what they share: groups of those that were read, and of all, where counters know them. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import msgspec

from contract.finding import Finding, Severity
from dashboard.activity import Tallies
from dashboard.charts import Counts, summed
from dashboard.filters import Filters, Group
from dashboard.listing import Listing
from dashboard.organization import Organization


class Grouped(msgspec.Struct, frozen=True, kw_only=True):
    """The findings that share a detection, an account, an owner or a resource.

    `total` is how many there are, None where only those that were read are known; `findings` are those.
    """

    key: str
    counts: Counts = {}
    findings: tuple[Finding, ...] = ()
    total: int | None = None

    @property
    def number(self) -> int:
        """How many are known of."""
        return len(self.findings) if self.total is None else self.total

    @property
    def is_partial(self) -> bool:
        """Whether what is said of accounts, resources and ages is said of some only."""
        return self.number > len(self.findings)

    @property
    def oldest(self) -> str:
        """Since when it fails: when the oldest of those that were read was first seen; empty when none was read."""
        return min((finding.first_seen for finding in self.findings), default="")

    @property
    def newest(self) -> str:
        """When the newest was first seen; empty when none was read."""
        return max((finding.first_seen for finding in self.findings), default="")

    @property
    def accounts(self) -> int:
        """How many accounts it touches."""
        return len({finding.account for finding in self.findings})

    @property
    def resources(self) -> int:
        """How many resources it touches."""
        return len({finding.resource for finding in self.findings})


def grouped(
    listing: Listing, by: Group, organization: Organization, known: Mapping[str, Counts | int]
) -> list[Grouped]:
    """Return the groups, the worst first, then the largest; `known` says by key what counters count."""
    members: dict[str, list[Finding]] = {}
    for finding in listing.findings:
        members.setdefault(_key(finding, by, organization), []).append(finding)
    if not listing.has_more:
        known = {}
    groups = [
        _group(key, members.get(key, ()), known.get(key)) for key in {**dict.fromkeys(members), **dict.fromkeys(known)}
    ]
    return sorted(groups, key=_rank, reverse=True)


def _group(key: str, findings: Iterable[Finding], said: Counts | int | None) -> Grouped:
    read = tuple(findings)
    counts: Counts = said if isinstance(said, Mapping) else Counter(one.severity for one in read)
    total = sum(said.values()) if isinstance(said, Mapping) else said
    # The index is a moment behind the counters, or they behind it.
    return Grouped(key=key, counts=counts, findings=read, total=None if total is None else max(total, len(read)))


def _rank(group: Grouped) -> tuple[int, int]:
    return max((severity.rank for severity, count in group.counts.items() if count), default=-1), group.number


_KEYS: Mapping[Group, Callable[[Finding, Organization], str]] = {
    Group.DETECTION: lambda finding, _: finding.detection,
    Group.ACCOUNT: lambda finding, _: finding.account,
    Group.OWNER: lambda finding, organization: organization.owner(finding.account),
    Group.RESOURCE: lambda finding, _: finding.resource,
}


def _key(finding: Finding, by: Group, organization: Organization) -> str:
    return _KEYS[by](finding, organization)


def counted(filters: Filters, tallies: Tallies, organization: Organization) -> Mapping[str, Counts | int]:
    """Return what counters know of the groups of a view; nothing where the view asks what they do not count."""
    if not is_counted(msgspec.structs.replace(filters, severity=())):
        return {}
    if filters.group is Group.ACCOUNT:
        return tallies.open
    if filters.group is Group.OWNER:
        return _by_owner(tallies, organization)
    return tallies.by_detection or {} if filters.group is Group.DETECTION else {}


def is_counted(filters: Filters) -> bool:
    """Return whether a view asks for all that is open in some accounts, or in all."""
    asked = msgspec.structs.replace(filters, group=Group.NONE, shown=Filters().shown, order=Filters().order)
    return msgspec.structs.replace(asked, ou=(), owner=(), account=()) == Filters()


def _by_owner(tallies: Tallies, organization: Organization) -> dict[str, dict[Severity, int]]:
    owned: dict[str, list[Counts]] = {}
    for account, counts in tallies.open.items():
        owned.setdefault(organization.owner(account), []).append(counts)
    return {owner: summed(counts) for owner, counts in owned.items()}


def narrowed(key: str, filters: Filters, organization: Organization) -> Filters:
    """Return the view of one group's findings."""
    flat = msgspec.structs.replace(filters, group=Group.NONE, shown=Filters().shown)
    if filters.group is Group.RESOURCE:
        return msgspec.structs.replace(flat, resource=key)
    if filters.group is Group.OWNER and not key:
        # No filter says "without owner": name the accounts.
        mine = organization.chosen(filters.of_every_page) or tuple(organization.accounts)
        return msgspec.structs.replace(flat, account=tuple(one for one in mine if not organization.owner(one)))
    return msgspec.structs.replace(flat, **{filters.group.value: (key,)})
