"""Keeps suppressions: those of muster.toml, what they newly cover, and what opens again when they are over."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import iso, now
from contract.finding import Finding, Workflow
from contract.names import FOR_GOOD, METRICS_NAMESPACE
from contract.settings import read_settings
from hub.clients import aws_client
from hub.settings import SuppressionsSettings
from hub.store.accounts import AccountStore
from hub.store.decisions import Decision
from hub.store.findings import FindingQuery, FindingStore
from hub.store.suppressions import BY_RULE, Suppression, SuppressionStore
from hub.suppressing import Suppressing, decision_of

logger = Logger(service="suppressions")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="suppressions")

_WRITTEN = Path(__file__).parent / "suppressions.json"
_PAGE = 500
# The functions read suppressions again every five minutes: what came meanwhile is found by the next run.
_SPREADING = timedelta(minutes=40)


@metrics.log_metrics
def keep_handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Bring suppressions and findings together; answers how many findings were suppressed and opened again."""
    settings, client = read_settings(SuppressionsSettings, os.environ), aws_client("dynamodb")
    accounts = AccountStore(client, settings.state_table)
    keeper = Keeper(
        FindingStore(client, settings.findings_table),
        SuppressionStore(client, settings.state_table),
        lambda: {one.id: one.ou_ids for one in accounts.all()},
    )
    done = keeper.keep(msgspec.json.decode(_WRITTEN.read_bytes(), type=tuple[Suppression, ...]), now())
    for name, value in done.items():
        metrics.add_metric(name=f"Findings{name.capitalize()}", unit=MetricUnit.Count, value=value)
    return done


class Keeper:
    """Suppressions beside the findings. Killed anywhere, it goes on with the next run."""

    def __init__(
        self, findings: FindingStore, suppressions: SuppressionStore, units: Callable[[], dict[str, tuple[str, ...]]]
    ) -> None:
        """Take what it works with; `units` gives account → ids of the units above it."""
        self._findings = findings
        self._suppressions = suppressions
        self._units = units

    def keep(self, written: Sequence[Suppression], moment: datetime) -> dict[str, int]:
        """Store what muster.toml says, suppress what that newly covers, open what is not covered any more."""
        stored = {one.id: one for one in self._suppressions.all()}
        wanted = {one.id: _since(one, stored.get(one.id), moment) for one in written}
        changed = [one for one in wanted.values() if stored.get(one.id) != one and not one.is_over(moment)]
        recent = [one for one in wanted.values() if one not in changed and one.since > iso(moment - _SPREADING)]
        gone = [one for one in stored.values() if one.is_written and one.id not in wanted]
        reopened = sum(self._reopened(name, until, moment) for until, name in self._suppressions.due(moment))
        for one in gone:
            reopened += sum(self._reopened(name, until, moment) for until, name in list(self._suppressions.by(one.id)))
            self._end(one, moment)
        applied = [self._applied(one, moment) for one in [*changed, *recent]]
        reopened += sum(opened for _, opened in applied)
        return {"suppressed": sum(closed for closed, _ in applied), "reopened": reopened}

    def _end(self, suppression: Suppression, moment: datetime) -> None:
        """End a suppression that was taken out, and forget it once nothing can be suppressed by it any more.

        The functions know it for some minutes yet, and what they suppressed comes through a queue.
        """
        if not suppression.ended:
            self._suppressions.write(msgspec.structs.replace(suppression, ended=iso(moment), until=iso(moment)))
        elif suppression.ended < iso(moment - _SPREADING):
            self._suppressions.remove(suppression.id)

    def _applied(self, suppression: Suppression, moment: datetime) -> tuple[int, int]:
        """Suppress the open findings that a suppression covers; return how many, and how many it opened again.

        It is stored last, so that a killed run starts over.
        """
        known = Suppressing(lambda: [suppression], self._units)
        places = list(self._suppressions.by(suppression.id))
        reopened = sum(self._is_reopened(suppression, known, place, moment) for place in places)
        suppressed = 0
        for finding in self._open(suppression):
            decision = known.decision_about(finding, moment)
            if decision:
                self._findings.decide(finding.id, decision)
                suppressed += 1
        self._suppressions.write(suppression)
        logger.info("A suppression was applied", suppression=suppression.id, findings=suppressed)
        return suppressed, reopened

    def _open(self, suppression: Suppression) -> Iterator[Finding]:
        """Yield the whole open findings that a suppression may cover."""
        query = FindingQuery(
            accounts=() if suppression.ous else suppression.accounts,
            detections=tuple(one for one in suppression.detections if "*" not in one and "?" not in one),
            regions=suppression.regions,
        )
        if any(one not in query.detections for one in suppression.detections):
            query = msgspec.structs.replace(query, detections=())
        cursor = None
        while True:
            page = self._findings.page(query, cursor, limit=_PAGE)
            yield from self._findings.read(row.id for row in page.findings).values()
            cursor = page.cursor
            if not cursor:
                return

    def _is_reopened(
        self, suppression: Suppression, known: Suppressing, place: tuple[str, str], moment: datetime
    ) -> bool:
        """Keep a finding suppressed in the suppression's new words, where they still cover it; else open it."""
        until, finding_id = place
        finding = self._findings.get(finding_id)
        if not finding or finding.workflow is not Workflow.SUPPRESSED or not known.about(finding, moment):
            return self._reopened(finding_id, until, moment)
        self._findings.decide(finding_id, decision_of(suppression, moment))
        if until != (suppression.until or FOR_GOOD):
            self._suppressions.forget(until, finding_id)
        return False

    def _reopened(self, finding_id: str, until: str, moment: datetime) -> bool:
        """Open a finding again, unless somebody decided otherwise since; it leaves the list either way."""
        finding = self._findings.get(finding_id)
        is_due = (
            finding is not None
            and finding.workflow is Workflow.SUPPRESSED
            and (finding.workflow_until or FOR_GOOD) == until
        )
        if is_due and finding:
            note = f"No longer accepted: {finding.suppression}" if finding.suppression else "No longer accepted."
            by = finding.workflow_by if finding.workflow_by.startswith(BY_RULE) else "suppression's end"
            decision = Decision(by=by, at=iso(moment), workflow=Workflow.NEW, note=note)
            self._findings.decide(finding_id, decision)
        self._suppressions.forget(until, finding_id)
        return is_due


def _since(written: Suppression, stored: Suppression | None, moment: datetime) -> Suppression:
    """Return a suppression of muster.toml as it is to be stored: with the time since which it is."""
    said = msgspec.structs.replace(written, is_written=True)
    since = stored.since if stored else ""
    is_as_stored = stored == msgspec.structs.replace(said, since=since)
    return msgspec.structs.replace(said, since=since if is_as_stored else iso(moment))
