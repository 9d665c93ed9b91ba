"""What arrived in the hub, read the way the dashboard reads it, and compared with what `explain` expects."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import boto3

from contract.agents import AgentState
from contract.clock import now
from contract.names import Names
from generator.demo.report import AccountRow, Agents, Backups
from generator.explain import ExplainedFinding, Explanation
from generator.local.organization import LocalOrganization
from hub.store.accounts import AccountStore
from hub.store.agents import AgentStore
from hub.store.findings import FindingStore
from hub.store.retention import RetentionStore
from hub.store.retention_overview import overview_of
from hub.store.rollups import Count, RollupStore
from hub.store.tagging import TaggingStore


def arrived_findings(session: boto3.Session, names: Names, explanations: Sequence[Explanation]) -> set[str]:
    """Return which of the expected findings the hub has, open or closed: a look-up may have seen that nothing is."""
    store = FindingStore(session.client("dynamodb"), names.findings_table)
    expected = [finding.id for one in explanations for finding in one.findings if isinstance(finding, ExplainedFinding)]
    return set(store.read(expected))


def counted_findings(session: boto3.Session, names: Names) -> list[Count]:
    """Return how many open findings each account has of each severity: the hub's counters, as the dashboard's."""
    counts = RollupStore(session.client("dynamodb"), names.state_table).counts(is_consistent=True)
    return [one for one in counts if one.account and one.findings]


def agents_of(session: boto3.Session, names: Names) -> Agents:
    """Return how many instances have the agent, and how many should and have not."""
    client = session.client("dynamodb")
    accounts = (one.id for one in AccountStore(client, names.state_table).all())
    known = list(AgentStore(client, names.state_table).each(accounts, now()))
    return Agents(
        installed=sum(one.status.state is AgentState.INSTALLED for one in known),
        failed=sum(one.is_lacking for one in known),
    )


def backups_of(session: boto3.Session, names: Names) -> Backups:
    """Return how many images and snapshots have a date, and how many are past it at what cost."""
    found = overview_of(RetentionStore(session.client("dynamodb"), names.state_table).each(), now())
    return Backups(kept=found.images + found.snapshots, past_date=found.due, dollars_a_month=found.due_cost)


def tags_written(session: boto3.Session, names: Names, accounts: Sequence[str]) -> dict[str, set[str]]:
    """Return the ARNs that the spokes reported as tagged, by account."""
    store = TaggingStore(session.client("dynamodb"), names.state_table)
    return {account: {arn for result in store.of(account) for arn in result.tagged} for account in accounts}


def problems(
    explanations: Sequence[Explanation],
    arrived: Collection[str],
    tags: Mapping[str, set[str]],
    dead_letters: Mapping[str, Any],
) -> list[str]:
    """Return a line for each thing that should have come and did not, and for each message that ended dead."""
    tagged = {arn for arns in tags.values() for arn in arns}
    missing = [
        f"finding {finding.detection} of event {one.event_id} did not arrive"
        for one in explanations
        for finding in one.findings
        if one.forwarded and isinstance(finding, ExplainedFinding) and finding.id not in arrived
    ]
    untagged = [
        f"{created.arn} was not tagged" for one in explanations for created in one.creates if created.arn not in tagged
    ]
    return missing + untagged + [f"{count} message(s) in {queue}" for queue, count in sorted(dead_letters.items())]


def account_rows(
    organization: LocalOrganization,
    counts: Iterable[Count],
    tags: Mapping[str, set[str]],
    emails: Sequence[Mapping[str, Any]],
) -> list[AccountRow]:
    """Return each member account's share, in the organization's order."""
    severities: dict[str, Counter[str]] = defaultdict(Counter)
    for one in counts:
        severities[one.account][one.severity] += one.findings
    return [
        AccountRow(
            id=account.id,
            name=account.name,
            ou_path=account.ou_path,
            by_severity=dict(severities[account.id]),
            tags=len(tags.get(account.id, ())),
            emails=sum(f"] {account.name}: " in one["subject"] for one in emails),
        )
        for account in organization.members
    ]
