"""Which messages a target gets now, of all that waits for it. Pure.

The first finding of a detection in an account goes at once; what follows within the window waits for its end and goes
together, unless it is worse. More messages in an hour than the cap allows become one summary.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

import msgspec

from contract.clock import iso
from hub.notifier.notification import Kind
from hub.store.outgoing import Pending, Post, TargetState, Transition, Window

_HOUR = timedelta(hours=1)


class Limits(msgspec.Struct, frozen=True):
    """How much a target hears: findings of a group merge for `window`, an hour has at most `cap` messages.

    A channel for programs has neither: `is_merging` is off, each message holds up to `cap` findings.
    """

    window: timedelta
    cap: int
    is_merging: bool = True

    @property
    def alerts(self) -> int:
        """Messages of an hour that are no summaries: one of those may come at the end of every window."""
        summaries = -(-_HOUR // self.window) if self.window else 0
        return max(1, self.cap - min(summaries, self.cap // 2))


class Batch(msgspec.Struct, frozen=True):
    """A message to be: its id, its kind, and what it tells of, the worst first.

    `is_again`: it was taken up before; perhaps it was sent.
    """

    id: str
    kind: Kind
    pending: tuple[Pending, ...]
    is_again: bool = False

    @property
    def is_first(self) -> bool:
        """Whether no attempt to send it has failed."""
        return not self.pending[0].attempts

    @property
    def marked(self) -> list[Pending]:
        """What it tells of, each with the message that it is in, and of which kind that is."""
        return [msgspec.structs.replace(one, message=self.id, kind=self.kind.value) for one in self.pending]


class Plan(msgspec.Struct, frozen=True):
    """What to send now, what is to be remembered then, and when to look again (None: when something comes)."""

    batches: tuple[Batch, ...]
    state: TargetState
    wake_at: datetime | None


def plan(target: str, waiting: Sequence[Pending], state: TargetState, limits: Limits, now: datetime) -> Plan:
    """Return what a target gets now; what was taken up before (`message` is set) goes again as it was."""
    moment = iso(now)
    ready = [one for one in waiting if one.not_before <= moment]
    again = list(_taken_up(ready))
    sheet = _Sheet(target, limits, now, _settled(state, again, limits, now))
    fresh = [one for one in ready if not one.message]
    for one in (one for one in fresh if one.digest):
        sheet.take(Kind.DIGEST, [one])
    told = [one for one in fresh if not one.digest]
    sheet.take_groups(told) if limits.is_merging else sheet.take_all(told)
    later = [one.not_before for one in waiting if one.not_before > moment]
    return Plan((*again, *sheet.batches), sheet.state, _earliest([*sheet.wakes, *later]))


class _Sheet:
    """A plan while it is made."""

    def __init__(self, target: str, limits: Limits, now: datetime, state: TargetState) -> None:
        self._target = target
        self._limits = limits
        self._now = now
        self.state = state
        self.batches: list[Batch] = []
        self.wakes: list[str] = []

    def take(self, kind: Kind, pending: Sequence[Pending]) -> None:
        """Make a message of it."""
        ordered = tuple(sorted(pending, key=_worst_first))
        self.batches.append(Batch(message_id(self._target, ordered, self._now), kind, ordered))

    def take_all(self, told: Sequence[Pending]) -> None:
        """Make messages of all, by and by."""
        for start in range(0, len(told), self._limits.cap):
            self.take(Kind.ALERT, told[start : start + self._limits.cap])

    def take_groups(self, told: Sequence[Pending]) -> None:
        """Make a message of each group whose turn it is, the worst first, and one of all that the cap keeps back."""
        overflow: list[Pending] = []
        for group in _groups(told):
            window = self.state.windows.get(group[0].group)
            if window and window.until > iso(self._now) and _rank(group) <= window.rank:
                self.wakes.append(window.until)
            elif len(self.state.posts) < self._room_for(group):
                self.take(Kind.ALERT, group)
                self._remember(group)
            else:
                overflow += group
        self._summarize(overflow)

    def _room_for(self, group: Sequence[Pending]) -> int:
        """Return how many messages the hour may have: what escalates may take the place of summaries."""
        return self._limits.cap if group[0].transition is Transition.ESCALATED else self._limits.alerts

    def _remember(self, group: Sequence[Pending]) -> None:
        windows = {**self.state.windows, group[0].group: Window(iso(self._now + self._limits.window), _rank(group))}
        self._post()
        self.state = msgspec.structs.replace(self.state, windows=windows)

    def _post(self) -> None:
        post = Post(self.batches[-1].id, iso(self._now))
        self.state = msgspec.structs.replace(self.state, posts=(*self.state.posts, post))

    def _summarize(self, overflow: Sequence[Pending]) -> None:
        """Make a summary of what is too much, a window after it began to be: by then a storm has passed."""
        if not overflow:
            self.state = msgspec.structs.replace(self.state, overflow_since="")
            return
        since = self.state.overflow_since or iso(self._now)
        due = datetime.fromisoformat(since) + self._limits.window
        if self._now >= due and len(self.state.posts) < self._limits.cap:
            self.take(Kind.SUMMARY, overflow)
            self._post()
            since = ""
        else:
            self.wakes.append(max(iso(due), self._next_slot()))
        self.state = msgspec.structs.replace(self.state, overflow_since=since)

    def _next_slot(self) -> str:
        """Return when the hour has room for a summary again; now or before when it has."""
        posts = self.state.posts
        spare = self._limits.cap - len(posts)
        return "" if spare > 0 else iso(datetime.fromisoformat(posts[-spare].at) + _HOUR)


def message_id(target: str, pending: Iterable[Pending], now: datetime) -> str:
    """Return the id of a message: it sorts by time and is another for other content."""
    content = "\n".join([target, *(one.key for one in pending)])
    return f"{now:%Y%m%dT%H%M%S}-{hashlib.sha256(content.encode()).hexdigest()[:20]}"


def thread_of(target: str, pending: Pending) -> str:
    """Return what the messages about a group have in common, at one target."""
    return hashlib.sha256(f"{target}\n{pending.subject}".encode()).hexdigest()[:24]


def _taken_up(ready: Iterable[Pending]) -> Iterator[Batch]:
    """Yield the messages that were taken up: somebody was killed, or the channel refused them."""
    marked = sorted((one for one in ready if one.message), key=attrgetter("message"))
    for name, group in groupby(marked, key=attrgetter("message")):
        pending = tuple(sorted(group, key=_worst_first))
        yield Batch(name, _kind_of(pending), pending, is_again=True)


def _kind_of(pending: Sequence[Pending]) -> Kind:
    if pending[0].kind:
        return Kind(pending[0].kind)
    if pending[0].digest:
        return Kind.DIGEST
    # Marked by a version that did not note it.
    return Kind.ALERT if len({one.group for one in pending}) == 1 else Kind.SUMMARY


def _settled(state: TargetState, again: Sequence[Batch], limits: Limits, now: datetime) -> TargetState:
    """Return the state without what is over, and with the messages that were taken up but not remembered."""
    moment, hour_ago = iso(now), iso(now - _HOUR)
    known = {one.id for one in state.posts}
    missed = [
        one for one in again if one.id not in known and not one.pending[0].attempts and one.kind is not Kind.DIGEST
    ]
    windows = {group: one for group, one in state.windows.items() if one.until > moment}
    for one in missed if limits.is_merging else ():
        if one.kind is Kind.ALERT:
            windows[one.pending[0].group] = Window(iso(now + limits.window), _rank(one.pending))
    posts = (*state.posts, *(Post(one.id, moment) for one in missed if limits.is_merging))
    return msgspec.structs.replace(state, windows=windows, posts=tuple(one for one in posts if one.at > hour_ago))


def _groups(told: Iterable[Pending]) -> list[list[Pending]]:
    """Return what belongs together, the worst group first, of equals the oldest."""
    by_group = groupby(sorted(told, key=attrgetter("group")), key=attrgetter("group"))
    groups = [sorted(group, key=_worst_first) for _, group in by_group]
    return sorted(groups, key=lambda group: _worst_first(group[0]))


def _worst_first(one: Pending) -> tuple[int, str, str]:
    return -one.severity.rank, one.at, one.key


def _rank(group: Iterable[Pending]) -> int:
    return max(one.severity.rank for one in group)


def _earliest(moments: Iterable[str]) -> datetime | None:
    first = min((one for one in moments if one), default="")
    return datetime.fromisoformat(first) if first else None
