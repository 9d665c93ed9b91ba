"""Who hears of a finding: routes, in the order of `muster.toml`. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time
from fnmatch import fnmatchcase
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from contract.finding import Finding, Severity
from hub.channels.settings import ChannelSettings
from hub.store.accounts import Account

_WRITTEN = Path(__file__).with_name("routes.json")
# In a route's `channels`: whoever owns the account.
OWNER = "owner"
# RFC 5322's dot-atom and a host's name, all ASCII, as SES and most servers take it; without "/", which ends a target.
_ATOM, _LABEL = r"[\w.!#$%&'*+=?^`{|}~-]", r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?!\.)(?!.*\.[.@]){_ATOM}{{1,64}}@{_LABEL}(\.{_LABEL})+", re.ASCII)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Hours(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of the week: from `begin` until `end` (24-hour `HH:MM`) on some days, in a time zone.

    An `end` at or before `begin` is on the next day: such a night belongs to the day on which it begins. `is_outside`
    means the rest of the week.
    """

    days: tuple[str, ...] = DAYS
    begin: str = "00:00"
    end: str = "24:00"
    time_zone: str = "UTC"
    is_outside: bool = False

    def hold(self, moment: datetime) -> bool:
        """Whether a moment lies in them."""
        return self._is_inside(moment) is not self.is_outside

    def _is_inside(self, moment: datetime) -> bool:
        there = moment.astimezone(ZoneInfo(self.time_zone))
        minute, begin, end = _minutes(there.time()), _minutes_of(self.begin), _minutes_of(self.end)
        if begin < end:
            return begin <= minute < end and self._are_on(there.weekday())
        return self._are_on(there.weekday()) if minute >= begin else minute < end and self._are_on(there.weekday() - 1)

    def _are_on(self, weekday: int) -> bool:
        return DAYS[weekday] in self.days


class Route(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What goes where: of each list of conditions one entry must fit; a condition that is empty fits everything.

    `ous` are ids of units, or paths such as `Root/Workloads/*`; `tags` map a tag's key to a pattern of its value.
    Patterns know `*` and `?`. `channels` are names; `owner` among them is the account's owner: the value of its tag is
    a channel's name or an email address; where it is neither, `otherwise` hears of it. `is_last`: later routes hear
    nothing of what this one took. `digest` holds `daily`, `weekly` or both.
    """

    name: str
    channels: tuple[str, ...]
    otherwise: tuple[str, ...] = ()
    minimum_severity: Severity = Severity.INFORMATIONAL
    accounts: tuple[str, ...] = ()
    ous: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    detections: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    hours: Hours | None = None
    is_last: bool = False
    digest: tuple[str, ...] = ()

    @property
    def has_conditions(self) -> bool:
        """Whether there is anything that it does not take."""
        places = (self.accounts, self.ous, self.tags, self.detections, self.products, self.regions)
        return any(places) or self.hours is not None or self.minimum_severity is not Severity.INFORMATIONAL

    def covers_account(self, account: Account) -> bool:
        """Whether it is about an account."""
        return not self._strangeness(account)

    def why_not(self, finding: Finding, account: Account, moment: datetime) -> str:
        """Return the first condition that a finding does not meet, in the words of `muster.toml`; empty: it fits."""
        if finding.severity.rank < self.minimum_severity.rank:
            return f"minimum_severity is {self.minimum_severity}"
        if stranger := self._strangeness(account):
            return stranger
        names = (finding.detection, finding.control)
        if not _fits(self.detections, names):
            return f"detections has no {finding.control or finding.detection}"
        if not _fits(self.products, (finding.product,)):
            return f"products has no {finding.product}"
        if not _fits(self.regions, (finding.region,)):
            return f"regions has no {finding.region}"
        return "" if self.hours is None or self.hours.hold(moment) else "it is outside hours"

    def _strangeness(self, account: Account) -> str:
        if self.accounts and account.id not in self.accounts:
            return f"accounts has no {account.id}"
        if self.ous and set(self.ous).isdisjoint(account.ou_ids) and not _fits(self.ous, (account.ou_path,)):
            return f"ous has none of {account.ou_path or 'an account whose place is not known'}"
        for key, pattern in self.tags.items():
            value = account.tags.get(key)
            if value is None or not fnmatchcase(value, pattern):
                return f"the account's tag {key} is {value}" if value else f"the account has no tag {key}"
        return ""


class Target(msgspec.Struct, frozen=True, order=True):
    """A channel, or one address of a channel for email in place of its recipients."""

    channel: str
    to: str = ""

    def __str__(self) -> str:
        """Return the text under which the hub remembers what it was told."""
        return f"{self.channel}/{self.to}" if self.to else self.channel

    @classmethod
    def parsed(cls, text: str) -> "Target":
        """Return the target of such a text."""
        channel, _, to = text.partition("/")
        return cls(channel, to)


class RouteAnswer(msgspec.Struct, frozen=True):
    """That a route sends a finding to a target or not, and why, in words."""

    route: str
    target: Target | None
    why: str


class Escalation(msgspec.Struct, frozen=True, kw_only=True):
    """What hears of the worst findings beside the routes: at once, and again when nobody acknowledged them in time.

    `after_minutes` 0: not again.
    """

    minimum_severity: Severity = Severity.CRITICAL
    channels: tuple[str, ...] = ()
    at_once: bool = True
    after_minutes: int = 30

    def concerns(self, finding: Finding) -> bool:
        """Whether a finding is bad enough."""
        return bool(self.channels) and finding.severity.rank >= self.minimum_severity.rank


class Routing(msgspec.Struct, frozen=True, kw_only=True):
    """Routes and the escalation beside them, as `hub/notifier/routes.json` has them."""

    routes: tuple[Route, ...] = ()
    escalation: Escalation = Escalation()

    def answers(
        self, finding: Finding, account: Account, channels: Mapping[str, ChannelSettings], moment: datetime
    ) -> list[RouteAnswer]:
        """Return what each route makes of a finding, in order; a target may stand there twice."""
        made: list[RouteAnswer] = []
        for route in self.routes:
            if why := route.why_not(finding, account, moment):
                made.append(RouteAnswer(route.name, None, why))
                continue
            made += _sent(route, finding, account, channels)
            if route.is_last:
                break
        if self.escalation.at_once and self.escalation.concerns(finding):
            least = self.escalation.minimum_severity
            made += [
                RouteAnswer("escalation", Target(one), f"{finding.severity} is at least {least}")
                for one in self.escalation.channels
            ]
        return made


def targets_of(answers: Iterable[RouteAnswer]) -> dict[Target, str]:
    """Return who hears of it, each once, and by which route."""
    found: dict[Target, str] = {}
    for one in answers:
        if one.target:
            found.setdefault(one.target, one.route)
    return found


def load_routing(path: Path = _WRITTEN) -> Routing:
    """Return the routes of the generated file."""
    return msgspec.json.decode(path.read_bytes(), type=Routing)


def owner_targets(
    route: Route, account: Account, channels: Mapping[str, ChannelSettings]
) -> tuple[Sequence[Target], str]:
    """Return whom the route's `owner` means for an account, and why."""
    if account.owner in channels:
        return [Target(account.owner)], f"the owner of {account.id} is channel {account.owner}"
    mail = next((name for name in route.channels + route.otherwise if _sends_email(channels.get(name))), "")
    mail = mail or next((name for name, one in channels.items() if _sends_email(one)), "")
    if "@" in account.owner and mail and _is_address(account.owner):
        return [Target(mail, account.owner)], f"the owner of {account.id} is {account.owner}"
    said = f"the owner of {account.id} is {account.owner!r}: no channel, no address" if account.owner else ""
    return [Target(one) for one in route.otherwise], said or f"{account.id} has no owner"


def _sent(
    route: Route, finding: Finding, account: Account, channels: Mapping[str, ChannelSettings]
) -> Iterator[RouteAnswer]:
    for name in route.channels:
        owners, why = owner_targets(route, account, channels) if name == OWNER else ([Target(name)], "it fits")
        for target in owners:
            refusal = _refusal(target, finding, channels)
            yield RouteAnswer(route.name, None, refusal) if refusal else RouteAnswer(route.name, target, why)
        if not owners:
            yield RouteAnswer(route.name, None, why)


def _refusal(target: Target, finding: Finding, channels: Mapping[str, ChannelSettings]) -> str:
    channel = channels.get(target.channel)
    if channel is None:
        return f"there is no channel {target.channel}"
    least = channel.minimum_severity
    return f"channel {target.channel} has a minimum_severity of {least}" if finding.severity.rank < least.rank else ""


def _sends_email(channel: ChannelSettings | None) -> bool:
    return hasattr(channel, "recipients")


def _is_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None


def _fits(globs: Sequence[str], values: Iterable[str]) -> bool:
    return not globs or any(fnmatchcase(value, glob) for glob in globs for value in values if value)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _minutes_of(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
