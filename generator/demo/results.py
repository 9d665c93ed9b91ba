"""What arrived in the hub, read the way the dashboard reads it, and compared with what `explain` expects."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import boto3

from contract.finding import Finding, Severity
from contract.names import Names
from generator.demo.report import AccountRow
from generator.explain import ExplainedFinding, Explanation
from generator.local.organization import LocalOrganization
from hub.store.findings import FindingQuery, FindingStore
from hub.store.tagging import TaggingStore


def stored_findings(session: boto3.Session, names: Names) -> list[Finding]:
    """Return every open finding of the hub, page by page."""
    store = FindingStore(session.client("dynamodb"), names.findings_table)
    return [finding for severity in Severity for finding in _pages(store, FindingQuery(severities=(severity,)))]


def closed_findings(session: boto3.Session, names: Names, explanations: Sequence[Explanation]) -> list[Finding]:
    """Return those of the expected findings that are closed already: a look-up saw that nothing is open."""
    store = FindingStore(session.client("dynamodb"), names.findings_table)
    expected = [finding.id for one in explanations for finding in one.findings if isinstance(finding, ExplainedFinding)]
    return [finding for finding in store.read(expected).values() if not finding.is_open]


def _pages(store: FindingStore, query: FindingQuery) -> Iterator[Finding]:
    cursor: str | None = None
    while True:
        page = store.page(query, cursor=cursor)
        yield from page.findings
        cursor = page.cursor
        if not cursor:
            return


def tags_written(session: boto3.Session, names: Names, accounts: Sequence[str]) -> dict[str, set[str]]:
    """Return the ARNs that the spokes reported as tagged, by account."""
    store = TaggingStore(session.client("dynamodb"), names.state_table)
    return {account: {arn for result in store.of(account) for arn in result.tagged} for account in accounts}


def problems(
    explanations: Sequence[Explanation],
    findings: Sequence[Finding],
    tags: Mapping[str, set[str]],
    dead_letters: Mapping[str, Any],
) -> list[str]:
    """Return a line for each thing that should have come and did not, and for each message that ended dead."""
    stored = {one.id for one in findings}
    tagged = {arn for arns in tags.values() for arn in arns}
    missing = [
        f"finding {finding.detection} of event {one.event_id} did not arrive"
        for one in explanations
        for finding in one.findings
        if one.forwarded and isinstance(finding, ExplainedFinding) and finding.id not in stored
    ]
    untagged = [
        f"{created.arn} was not tagged" for one in explanations for created in one.creates if created.arn not in tagged
    ]
    return missing + untagged + [f"{count} message(s) in {queue}" for queue, count in sorted(dead_letters.items())]


def account_rows(
    organization: LocalOrganization,
    findings: Sequence[Finding],
    tags: Mapping[str, set[str]],
    emails: Sequence[Mapping[str, Any]],
) -> list[AccountRow]:
    """Return each member account's share, in the organization's order."""
    severities: dict[str, Counter[str]] = defaultdict(Counter)
    for one in findings:
        severities[one.account][one.severity.value] += 1
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
