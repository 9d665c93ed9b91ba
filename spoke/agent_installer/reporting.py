"""Tells the hub how instances stand."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from contract.agents import AgentState, Reason, leaves_it
from contract.clock import iso
from contract.names import AGENT_STATUS, VERSION
from contract.spoke_events import LONGEST_OUTPUT, LONGEST_TEXT, AgentStatus
from spoke.agent_installer.instances import Instance
from spoke.agent_installer.work import Work
from spoke.clients import Clients
from spoke.reports import ReportRefusedError, bus_region, entry_of, park, publish_all
from spoke.settings import AgentSettings

# PutEvents takes as many (EventBridge API).
_MOST_ENTRIES = 10
_LONGEST_VERSION = 100


class Place(msgspec.Struct, frozen=True):
    """Where a function runs, and what the settings call the agent."""

    account: str
    region: str
    agent: str


class Desk(msgspec.Struct, frozen=True):
    """Where reports go: the hub's bus, and while that refuses them the spoke's dead-letter queue."""

    place: Place
    bus: str
    queue: str
    clients: Clients

    def send(self, reports: Iterable[AgentStatus]) -> int:
        """Send reports; return how many had to be left in the queue."""
        entries = [entry_of(AGENT_STATUS, one, self.bus) for one in reports]
        refused: list[dict[str, str]] = []
        for first in range(0, len(entries), _MOST_ENTRIES):
            refused += self._refused(entries[first : first + _MOST_ENTRIES])
        for entry in refused:
            park(entry, self.queue, self.clients("sqs", self.place.region))
        return len(refused)

    def _refused(self, entries: list[dict[str, str]]) -> Sequence[dict[str, str]]:
        try:
            return publish_all(entries, self.clients("events", bus_region(self.bus)))
        except ReportRefusedError:
            return entries


def status(  # noqa: PLR0913 - what a report says, all by name
    place: Place,
    work: Work,
    at: datetime,
    *,
    state: AgentState,
    reason: Reason,
    details: str = "",
    output: str = "",
    version: str = "",
    command: str = "",
    exit_code: int | None = None,
) -> AgentStatus:
    """Return the report of an instance, cut to what the hub takes."""
    return AgentStatus(
        account=place.account,
        region=place.region,
        version=VERSION,
        instance=work.instance,
        state=state,
        reason=reason,
        via=work.via,
        at=iso(at),
        since=work.since,
        instance_name=work.name,
        platform=work.platform,
        agent=place.agent,
        agent_version=version[:_LONGEST_VERSION],
        command=command,
        exit_code=exit_code,
        is_unchanged=state is AgentState.FAILED and leaves_it(work.action, reason),
        details=details[:LONGEST_TEXT],
        output=output[-LONGEST_OUTPUT:],
    )


def gone(place: Place, work: Work, instance: Instance | None, at: datetime) -> AgentStatus | None:
    """Return the report of an instance that does not run any more; nothing of one that does."""
    if instance and not instance.has_ended:
        return None
    reason = Reason.STOPPED if instance and instance.is_stopped else Reason.TERMINATED
    return status(place, work, at, state=AgentState.GONE, reason=reason)


def desk(settings: AgentSettings, function_arn: str, clients: Clients) -> Desk:
    """Return where a function's reports go; its ARN is `arn:partition:lambda:region:account:function:name`."""
    _, _, _, region, account, *_ = function_arn.split(":")
    return Desk(Place(account, region, settings.agent_name), settings.hub_bus_arn, settings.agent_queue_url, clients)
