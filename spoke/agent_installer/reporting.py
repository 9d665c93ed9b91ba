"""Tells the hub of instances, several in one call; what its bus refuses waits in the dead-letter queue."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from contract.agents import AgentState, Reason, Via
from contract.names import AGENT_STATUS, VERSION
from contract.spoke_events import LONGEST_OUTPUT, LONGEST_TEXT, AgentStatus
from spoke.agent_installer.instances import Instance
from spoke.reports import entry_of, park

# PutEvents takes ten entries of together 1 MB, of which one report needs 10 KB at most.
_AT_ONCE = 10


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where a function works: its account and Region, the hub's bus, the queue of what the bus refuses."""

    account: str
    region: str
    bus: str
    dead_letters: str


def status(  # noqa: PLR0913, PLR0917 - what there is to tell
    site: Site,
    instance: Instance,
    state: AgentState,
    reason: Reason,
    via: Via,
    at: str,
    **more: Any,
) -> AgentStatus:
    """Return the report of an instance; `at` is `contract.clock.iso` text, `more` its other fields."""
    details, output = str(more.pop("details", "")), str(more.pop("output", ""))
    return AgentStatus(
        account=site.account,
        region=site.region,
        version=VERSION,
        instance=instance.id,
        instance_name=instance.name,
        since=instance.since,
        state=state,
        reason=reason,
        via=via,
        at=at,
        details=details[:LONGEST_TEXT],
        output=output[-LONGEST_OUTPUT:],
        **more,
    )


def tell(reports: Iterable[AgentStatus], site: Site, events: Any, sqs: Any) -> int:
    """Put reports on the hub's bus, park those that it refuses, and return how many were refused."""
    rest, refused = iter(reports), 0
    while some := list(islice(rest, _AT_ONCE)):
        entries = [entry_of(AGENT_STATUS, one, site.bus) for one in some]
        for entry in _refused(entries, events):
            park(entry, site.dead_letters, sqs)
            refused += 1
    return refused


def _refused(entries: list[dict[str, str]], events: Any) -> Iterator[dict[str, str]]:
    try:
        answer = events.put_events(Entries=entries)
    except (BotoCoreError, ClientError):
        yield from entries
        return
    for entry, result in zip(entries, answer["Entries"], strict=True):
        if result.get("ErrorCode"):
            yield entry
