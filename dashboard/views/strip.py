"""Whether every account is really watched: spokes that report or fall silent, resources that stayed untagged."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from contract.resource import short_name
from dashboard import charts
from dashboard.creations import Creations
from dashboard.markup import NOTHING, Html, ago, card, empty, facts, joined, number, text
from dashboard.organization import Organization
from hub.store.accounts import ACTIVE
from hub.store.coverage_of_tags import Gap
from hub.store.spokes import Spoke

_NAMED = 5
_UNREACHED = "StackSets never reach the management account"
_CREATE_ONE = "Create a resource in a member account, or run make demo."
_NEXT_STEP = "Run muster status: it says which account lacks its spoke, and why."


def spokes(organization: Organization, now: datetime) -> Html:
    """Return how many spokes report, and which accounts nobody watches."""
    known, silent = organization.watched, organization.silent(now)
    if not known:
        return card("Accounts and spokes", empty("No spoke has reported yet", _NEXT_STEP))
    reporting = len(known) - len(silent)
    headline = Html(f'<p><span class="m-number">{number(reporting)}</span> of {number(len(known))} spokes report</p>')
    bar = charts.share(reporting, len(known), "Spokes reporting")
    parts = (headline, bar, _accounts_known(organization), *_missing(organization, silent, now))
    return card("Accounts and spokes", joined(parts))


def _accounts_known(organization: Organization) -> Html:
    active = sum(account.status == ACTIVE for account in organization.accounts.values())
    words = "1 active account" if active == 1 else f"{active:,} active accounts"
    aside = "".join(f"; {organization.name(one)} has no spoke ({_UNREACHED})" for one in organization.unreached())
    return Html(f'<p class="m-sub">{text(words + aside)}</p>')


def _missing(organization: Organization, silent: Sequence[Spoke], now: datetime) -> Iterable[Html]:
    absent = organization.never_reported()
    unwell = organization.unwell(now)
    yield _named("Silent", [_spoke(organization, spoke, ago(spoke.seen_at, now)) for spoke in silent])
    yield _named("Never reported", [text(organization.label(account)) for account in absent])
    yield _named(
        "Reporting, but not well", [_spoke(organization, one, text(one.heartbeat.complaint)) for one in unwell]
    )
    if not (silent or absent or unwell):
        yield Html('<p class="m-good">Every spoke reports, and every check is well.</p>')


def _named(title: str, items: Sequence[Html]) -> Html:
    if not items:
        return NOTHING
    more = Html(f"<li>and {len(items) - _NAMED:,} more</li>") if len(items) > _NAMED else NOTHING
    lines = joined(Html(f"<li>{item}</li>") for item in items[:_NAMED])
    return Html(f'<h3>{text(title)} ({len(items):,})</h3><ul class="m-list">{lines}{more}</ul>')


def _spoke(organization: Organization, spoke: Spoke, remark: Html) -> Html:
    name = organization.name(spoke.heartbeat.account)
    return Html(f'{text(name)} <span class="m-hint">{text(spoke.heartbeat.region)} · {remark}</span>')


def tags(created: Creations) -> Html:
    """Return how many resources got their creator's tags, and which did not."""
    coverage = created.coverage
    title = f"Creator tags, {created.days} day{'s' if created.days != 1 else ''}"
    if not (coverage.tagged or coverage.untagged):
        return card(title, empty("Nothing was created in these days", _CREATE_ONE), _extent(created))
    pairs = (
        ("With their creator's tag", _count(coverage.tagged)),
        ("Without", _count(coverage.untagged, is_bad=bool(coverage.untagged))),
    )
    reasons = [
        joined((text(_example(one)), Html(f' <span class="m-hint">{text(one.reason)}</span>'))) for one in coverage.gaps
    ]
    return card(title, joined((facts(pairs), _named("Why without", reasons))), _extent(created))


def _example(gap: Gap) -> str:
    named = short_name(gap.examples[0]) if gap.examples else gap.api_call
    return f"{named} and {gap.resources - 1:,} more" if gap.resources > 1 else named


def _extent(created: Creations) -> str:
    if created.is_whole:
        return ""
    return f"Of {created.accounts:,} of {created.of:,} accounts, the latest reports of each."


def _count(value: int, *, is_bad: bool = False) -> Html:
    return Html(f'<span class="m-big{" m-silent" if is_bad else ""}">{number(value)}</span>')
