"""The accounts as rows of a table, the worst first. Pure."""

from datetime import datetime

from contract.finding import Severity
from dashboard.activity import Tallies
from dashboard.charts import WORST_FIRST
from dashboard.export import Row
from dashboard.oldest import Oldest
from dashboard.organization import Organization
from dashboard.tree import Place
from hub.store.spokes import Spoke

COLUMNS = (
    *("account", "account_name", "ou", "owner", "status", "open"),
    *(severity.lower() for severity in WORST_FIRST),
    *("accepted", "oldest_critical", "last_heartbeat", "is_silent", "versions"),
)


def places(organization: Organization, tallies: Tallies, oldest: Oldest, now: datetime) -> list[Place]:
    """Return a row for each account of an organization, the worst first."""
    spokes: dict[str, list[Spoke]] = {}
    for spoke in organization.watched:
        spokes.setdefault(spoke.heartbeat.account, []).append(spoke)
    found = [_place(one, organization, tallies, oldest, spokes.get(one, []), now) for one in organization.accounts]
    return sorted(found, key=lambda one: (tuple(-count for count in one.weight), one.name))


def _place(  # noqa: PLR0913, PLR0917 - what a row is made of
    account: str, organization: Organization, tallies: Tallies, oldest: Oldest, spokes: list[Spoke], now: datetime
) -> Place:
    counts = tallies.open.get(account, {})
    is_critical = bool(counts.get(Severity.CRITICAL))
    return Place(
        id=account,
        name=organization.name(account),
        path=organization.path(account),
        owner=organization.owner(account),
        status=organization.accounts[account].status,
        open=counts,
        accepted=tallies.accepted.get(account, {}),
        seen_at=min((one.seen_at for one in spokes), default=""),
        is_silent=any(one.is_silent(now) for one in spokes),
        versions=tuple(sorted({one.heartbeat.version for one in spokes})),
        oldest=oldest.since.get(account, oldest.seen_until) if is_critical else "",
        oldest_is_later=is_critical and account not in oldest.since,
    )


def place_row(place: Place) -> Row:
    """Return a row of the exported table."""
    return {
        "account": place.id,
        "account_name": place.name,
        "ou": place.path,
        "owner": place.owner,
        "status": place.status,
        "open": place.total,
        **{severity.lower(): place.open.get(severity, 0) for severity in WORST_FIRST},
        "accepted": sum(place.accepted.values()),
        # Where only "later than" is known, a file says nothing rather than something wrong.
        "oldest_critical": "" if place.oldest_is_later else place.oldest,
        "last_heartbeat": place.seen_at,
        "is_silent": place.is_silent,
        "versions": " ".join(place.versions),
    }
