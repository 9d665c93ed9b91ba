"""A channel as the sender sees it: what a batch says there, from what the hub knows now."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from contract.catalogue import describe
from contract.finding import Finding, Workflow
from hub.channels.channel import Channel
from hub.channels.settings import ChannelSettings, Eventbridge
from hub.digest.words import digest
from hub.notifier.compose import Reader, Told, account_name, alert, summary
from hub.notifier.links import ActionsOf, links_of
from hub.notifier.notification import Kind, Link, Notification
from hub.notifier.plan import Batch, Limits, thread_of
from hub.notifier.routing import Target
from hub.store.accounts import Account
from hub.store.findings import FindingStore
from hub.store.outgoing import Pending, Transition

# So many findings are read at once, and so many of a message are kept: it shows fewer.
_READ = 100
_SHOWN = 100
# Findings of one message to a program: events are put ten at a time.
_EVENTS = 10


class Facts(msgspec.Struct, frozen=True):
    """What messages are made of. `actions` makes links that act for whom a target reaches; None: the dashboard does."""

    findings: FindingStore
    account: Callable[[str], Account | None]
    dashboard: str
    clock: Callable[[], datetime]
    actions: Callable[[Target], ActionsOf | None] | None = None


class ChannelMouth:
    """Makes the messages of one target."""

    def __init__(self, target: Target, settings: ChannelSettings, facts: Facts, channel: Callable[[], Channel]) -> None:
        """Take a target, its channel's settings, what messages are made of, and how to get the channel."""
        self._target = target
        self._settings = settings
        self._facts = facts
        self._channel = channel

    @property
    def limits(self) -> Limits:
        """How much the target hears."""
        if isinstance(self._settings, Eventbridge):
            return Limits(timedelta(), _EVENTS, is_merging=False)
        return Limits(timedelta(minutes=self._settings.merge_minutes), self._settings.messages_per_hour)

    @property
    def channel(self) -> Channel:
        """The channel that takes messages."""
        return self._channel()

    def composed(self, batch: Batch) -> Notification | None:
        """Return the message of a batch; None when nobody needs to hear of any of it any more."""
        if batch.kind is Kind.DIGEST:
            return digest(batch.pending[0].digest, self._reader(), identifier=batch.id)
        told, news = self._news(batch.pending)
        if not told:
            return None
        if batch.kind is Kind.SUMMARY:
            return self._summarized(batch, told, news)
        lead = told[0].finding
        return alert(
            told,
            self._facts.account(lead.account),
            describe(lead.detection),
            self._reader(),
            identifier=batch.id,
            thread=thread_of(str(self._target), batch.pending[0]),
            count=len(news),
        )

    def _summarized(self, batch: Batch, told: Sequence[Told], news: Sequence[Pending]) -> Notification:
        accounts = dict.fromkeys(one.account for one in news)
        names = {one: account_name(one, self._facts.account(one)) for one in accounts}
        return summary(news, told, names, self._reader(), identifier=batch.id)

    def _news(self, pending: Sequence[Pending]) -> tuple[list[Told], list[Pending]]:
        """Return what people should still hear of, the worst first: the first of it with their findings, and all."""
        told, news = list[Told](), list[Pending]()
        for start in range(0, len(pending), _READ):
            some = pending[start : start + _READ]
            stored = self._facts.findings.read(dict.fromkeys(one.finding for one in some))
            found = ((stored.get(one.finding), one) for one in some)
            fresh = [(finding, one) for finding, one in found if finding and is_news(finding, one.transition)]
            told += [self._as_told(finding, one) for finding, one in fresh[: _SHOWN - len(told)]]
            news += [one for _, one in fresh]
        return told, news

    def _as_told(self, finding: Finding, pending: Pending) -> Told:
        is_escalated = pending.transition is Transition.ESCALATED
        waited = datetime.fromisoformat(pending.not_before or pending.at) - datetime.fromisoformat(pending.at)
        return Told(finding, pending.transition, waited // timedelta(minutes=1) if is_escalated else 0)

    def _reader(self) -> Reader:
        actions = self._facts.actions(self._target) if self._facts.actions else None
        dashboard = self._facts.dashboard

        def links(finding: Finding) -> Sequence[Link]:
            return links_of(finding, dashboard, actions)

        return Reader(links, self._settings.time_zone, dashboard)


def is_news(finding: Finding, transition: Transition) -> bool:
    """Whether people should still hear of a finding: it is open, and in nobody's hands unless it became worse."""
    is_in_hands = finding.workflow is not Workflow.NEW or bool(finding.assignee)
    return finding.is_open and (transition is Transition.WORSENED or not is_in_hands)
