"""What notifications say. Pure: findings and what is known about them in, a notification out.

Every text passes through `one_line` here, once; whoever writes markup escapes.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from contract.catalogue import DetectionText
from contract.finding import Finding, Severity
from contract.links import event_address, resource_address
from hub.channels.settings import ChannelSettings
from hub.notifier.notification import Kind, Link, Notification, Row, Table
from hub.notifier.texts import FOOTER, many, one_line
from hub.store.accounts import Account
from hub.store.outgoing import Pending, Transition

# Mail clients show about this much; RFC 5322 ends at 998.
_SUBJECT = 150
_TITLE = 300
_ADDRESS = 2_000
_ROWS = 10
_TOP = 10
_REASONS = {
    Transition.OPENED: "New finding",
    Transition.REOPENED: "Open again after it was closed",
    Transition.WORSENED: "More severe than before",
    Transition.ESCALATED: "Nobody has acknowledged it",
}
LinksOf = Callable[[Finding], Sequence[Link]]


class Told(msgspec.Struct, frozen=True):
    """A finding and why people hear of it; `waited_minutes`: how long nobody acknowledged it."""

    finding: Finding
    transition: Transition
    waited_minutes: int = 0

    @property
    def reason(self) -> str:
        """Why it comes now."""
        waited = f" for {self.waited_minutes} minutes" if self.waited_minutes else ""
        return _REASONS[self.transition] + waited


class Reader(msgspec.Struct, frozen=True):
    """Who reads a message: their time zone, where findings' links lead, and the dashboard's address (empty: none)."""

    links: LinksOf
    zone: str = "UTC"
    dashboard: str = ""


def alert(  # noqa: PLR0913 - what a message is made of is this list
    told: Sequence[Told],
    account: Account | None,
    description: DetectionText | None,
    reader: Reader,
    *,
    identifier: str,
    thread: str,
    count: int = 0,
) -> Notification:
    """Return the alert about findings of one detection in one account, the first of which it shows in full.

    `told` are the first of `count` findings; without it they are all.
    """
    lead, others, count = told[0], told[1:], count or len(told)
    finding = lead.finding
    name = account_name(finding.account, account)
    title = _titled(finding, name)
    ending = f" ({count - 1:,} more)" if count > 1 else ""
    return Notification(
        id=identifier,
        kind=Kind.ALERT,
        thread=thread,
        severity=finding.severity,
        subject=_subject(f"[{finding.severity}] {name}: ", _without_account(title, name), ending),
        title=title,
        reason=lead.reason,
        place=_place(finding, account),
        facts={label: one_line(text) for label, text in _facts(finding, reader.zone).items() if text},
        sections=_sections(finding, description),
        rows=tuple(_row(one.finding, "", reader) for one in others[:_ROWS]),
        more=count - 1 - len(others[:_ROWS]),
        links=(*reader.links(finding), *_console(finding)),
        footer=f"{FOOTER} Finding {one_line(finding.id, 80)}.",
        findings=tuple(one.finding for one in told),
        reasons=tuple(one.reason for one in told),
        is_escalation=lead.transition is Transition.ESCALATED,
        count=count,
    )


def summary(
    pending: Sequence[Pending], worst: Sequence[Told], names: Mapping[str, str], reader: Reader, *, identifier: str
) -> Notification:
    """Return the one message about more findings than a target hears of one by one; `worst` are shown, the worst first.

    `names` are accounts' names by id.
    """
    accounts = Counter(one.account for one in pending)
    severities = Counter(one.severity for one in pending)
    top = max(severities, key=lambda one: one.rank)
    title = f"{many(len(pending), 'more finding')} in {many(len(accounts), 'account')}"
    shown = [_row(one, names.get(one.account, one.account), reader) for one in (each.finding for each in worst[:_ROWS])]
    begun, ended = min(one.at for one in pending), max(one.at for one in pending)
    return Notification(
        id=identifier,
        kind=Kind.SUMMARY,
        severity=top,
        subject=_subject(f"[{top}] ", title, ""),
        title=title,
        reason="Too many to tell one by one",
        place=moment_text(begun, reader.zone) + (f" to {moment_text(ended, reader.zone)}" if ended > begun else ""),
        rows=tuple(shown),
        more=len(pending) - len(shown),
        tables=(
            Table(
                "By severity", ("Severity", "Findings"), _counted({one: severities[one] for one in reversed(Severity)})
            ),
            _top("By detection", "Detection", Counter(one.detection for one in pending)),
            _top("By account", "Account", Counter({names.get(one, one): count for one, count in accounts.items()})),
        ),
        links=(Link("Open in Muster", f"{reader.dashboard.rstrip('/')}/findings"),) if reader.dashboard else (),
        footer=FOOTER,
        findings=tuple(one.finding for one in worst),
        reasons=tuple(one.reason for one in worst),
        count=len(pending),
    )


def trial(channel: ChannelSettings, now: datetime) -> Notification:
    """Return what `muster notify test` sends."""
    title = f"This is a test of channel {channel.name}"
    return Notification(
        id=f"{now:%Y%m%dT%H%M%S}-test-{channel.name}",
        kind=Kind.TEST,
        subject=f"[TEST] {title}",
        title=title,
        reason='Somebody ran "muster notify test". Nothing happened, nothing is to be done.',
        place=moment_text(now.isoformat(), channel.time_zone),
        facts={
            "Channel": channel.name,
            "Tells from": channel.minimum_severity.value,
            "Merges": f"{channel.merge_minutes} minutes",
            "At most": f"{channel.messages_per_hour} messages in an hour",
        },
        footer=FOOTER,
    )


def moment_text(iso: str, zone: str = "UTC") -> str:
    """Return a moment in UTC and, where it is another, in the reader's zone; empty for one that is not known."""
    moment = datetime.fromisoformat(iso)
    if moment.year <= 1970:
        return ""
    there = moment.astimezone(ZoneInfo(zone))
    day = "" if there.date() == moment.date() else f"{there:%Y-%m-%d} "
    local = "" if zone == "UTC" else f" ({day}{there:%H:%M} {zone})"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC{local}"


def account_name(account: str, known: Account | None) -> str:
    """Return an account's name, or its id where it has none."""
    return one_line(known.name if known and known.name else account, 80)


def _titled(finding: Finding, name: str) -> str:
    return one_line(finding.title.replace(f"account {finding.account}", f"account {name}"), _TITLE)


def _without_account(title: str, name: str) -> str:
    """Return a title for behind the account's name: it need not say that again."""
    for ending in (f" of account {name}", f" in account {name}", f" from account {name}"):
        title = title.removesuffix(ending)
    return title


def _subject(beginning: str, title: str, ending: str) -> str:
    return beginning + one_line(title, _SUBJECT - len(beginning) - len(ending)) + ending


def _place(finding: Finding, account: Account | None) -> str:
    known = [account.name, account.ou_path] if account else []
    owner = f"owner {account.owner}" if account and account.owner else ""
    # One that is too long leaves room for the others.
    parts = (one_line(one, 120) for one in (*known, finding.account, finding.region, owner))
    return " · ".join(one for one in parts if one)


def _facts(finding: Finding, zone: str) -> dict[str, str]:
    others = [one for one in finding.resources if one != finding.resource]
    return {
        "Resource": finding.resource,
        "Also": ", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else ""),
        "Who": f"{finding.actor} ({finding.actor_kind})" if finding.actor_kind else finding.actor,
        "Role": finding.actor_role,
        "Identity": finding.actor_arn,
        "API call": finding.api_call,
        "Refused with": str(finding.details.get("error", "")) if finding.is_attempt else "",
        "Confidence": finding.certainty,
        **_when(finding, zone),
        "Source IP": finding.source_ip,
        "User agent": one_line(finding.user_agent, 200),
        "Found by": ", ".join((finding.control or finding.detection, *finding.also)),
    }


def _when(finding: Finding, zone: str) -> dict[str, str]:
    """Return when it was, and when first; a look-up may tell of it again within seconds, which is nobody's news."""
    first, last = (datetime.fromisoformat(one) for one in (finding.first_seen, finding.updated_at))
    if timedelta() <= last - first < timedelta(minutes=1):
        return {"When": moment_text(finding.first_seen, zone)}
    return {
        "When": moment_text(finding.updated_at, zone),
        "First seen": moment_text(finding.first_seen, zone),
    }


def _sections(finding: Finding, description: DetectionText | None) -> dict[str, str]:
    sections = (
        {
            "Why it matters": description.what,
            "When it is nothing": description.false_positives,
            "How to respond": description.response,
            "MITRE ATT&CK": description.attack,
        }
        if description
        else {"Why it matters": finding.description, "How to respond": finding.remediation}
    )
    return {heading: one_line(text, 1_000) for heading, text in sections.items() if text}


def _row(finding: Finding, name: str, reader: Reader) -> Row:
    address = next((one.address for one in reader.links(finding)), "")
    place = one_line(" · ".join(one for one in (name, finding.region, finding.resource) if one), 200)
    title = _titled(finding, name or finding.account)
    when = f"{finding.first_seen[:16].replace('T', ' ')} UTC" if moment_text(finding.first_seen) else ""
    return Row(finding.severity, title, place, when, address)


def _console(finding: Finding) -> tuple[Link, ...]:
    address = event_address(finding.event_id, finding.region) or resource_address(finding.resource, finding.region)
    # Half an address leads nowhere.
    return (Link("Open in the AWS console", address),) if 0 < len(address) <= _ADDRESS else ()


def _counted(counts: Mapping[str, int]) -> tuple[tuple[str, ...], ...]:
    return tuple((one_line(str(name), 100), f"{count:,}") for name, count in counts.items() if count)


def _top(heading: str, column: str, counts: Counter[str]) -> Table:
    left = len(counts) - _TOP
    return Table(
        heading, (column, "Findings"), _counted(dict(counts.most_common(_TOP))), f"and {left} more" if left > 0 else ""
    )


def names_of(accounts: Iterable[Account]) -> dict[str, str]:
    """Return accounts' names by id."""
    return {one.id: account_name(one.id, one) for one in accounts}
