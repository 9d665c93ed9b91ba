"""Counts the open findings anew, every night, and mends counters that drifted.

Not those of accepted findings: these lie among all that closed, by the day on which they are due, and only reading the
lists of some hundred days would count them.
"""

import os
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import iso, now
from contract.finding import Severity
from contract.names import METRICS_NAMESPACE, ROLLUP_DRIFT
from contract.settings import read_settings
from hub.clients import aws_client
from hub.settings import RecountSettings
from hub.store.documents import Key
from hub.store.recount import Counted, OpenFindings
from hub.store.rollups import NOW, Count, RollupStore, account_counter, control_counter, open_counter
from hub.store.suspicions import Suspicion, Suspicions, SuspicionStore

logger = Logger(service="recount")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="recount")

# The stream is behind for longer only when an alarm says so.
_SETTLING = timedelta(minutes=20)
# Each is counted on its own by some twenty calls; the other ones follow the next night.
_MOST = 1_000
_LOOKS = 3


@metrics.log_metrics
def recount_handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Compare the counters with the findings; answers how many counters were mended and are suspect."""
    settings, client = read_settings(RecountSettings, os.environ), aws_client("dynamodb")
    recount = Recount(
        OpenFindings(client, settings.findings_table),
        RollupStore(client, settings.state_table),
        SuspicionStore(client, settings.state_table),
    )
    return recount.run(now())


class Recount:
    """The counters of open findings beside the findings themselves."""

    def __init__(self, findings: OpenFindings, counters: RollupStore, suspicions: SuspicionStore) -> None:
        """Take what is compared, and where suspicions wait for the next run."""
        self._findings = findings
        self._counters = counters
        self._suspicions = suspicions

    def run(self, moment: datetime) -> dict[str, int]:
        """Mend what differs as it did in the run before; what differs for the first time may only be on its way."""
        earlier = self._suspicions.read()
        are_settled = earlier is not None and moment - datetime.fromisoformat(earlier.at) >= _SETTLING
        known = set(earlier.suspicions) if earlier and are_settled else set()
        differing = [one for what in self._suspects() if (one := self._difference(what))]
        mended = [one for one in differing if one in known and self._is_mended(one)]
        waiting = tuple(one for one in differing if one not in mended)
        if are_settled or earlier is None:
            self._suspicions.write(Suspicions(iso(moment), waiting))
        drift = sum(abs(one.found - one.said) for one in mended) + self._organization()
        metrics.add_metric(name=ROLLUP_DRIFT, unit=MetricUnit.Count, value=drift)
        metrics.add_metric(name="RollupSuspects", unit=MetricUnit.Count, value=len(waiting))
        return {"mended": len(mended), "suspect": len(waiting)}

    def _suspects(self) -> list[Counted]:
        found = self._findings.count_all()
        said = by_counter(self._counters.counts())
        differing = sorted(one for one in found.keys() | said.keys() if found.get(one, 0) != said.get(one, 0))
        if len(differing) > _MOST:
            logger.warning("Some counters wait for the next run", differing=len(differing), counted=_MOST)
        return differing[:_MOST]

    def _difference(self, what: Counted) -> Suspicion | None:
        """Return how a counter differs, where it stands still while its findings are counted."""
        for _ in range(_LOOKS):
            said, found = self._counters.value(counter_of(what)), self._findings.count(what)
            if said == self._counters.value(counter_of(what)):
                return Suspicion(what, said, found) if said != found else None
        return None

    def _is_mended(self, one: Suspicion) -> bool:
        logger.warning("A counter drifted", counter=msgspec.to_builtins(one.what), said=one.said, found=one.found)
        return self._counters.is_corrected(counter_of(one.what), one.said, one.found)

    def _organization(self) -> int:
        """Mend the organization's counters, which change in one transaction with the accounts'; return their drift."""
        for _ in range(_LOOKS):
            said = self._counters.open_now()
            found = by_severity(self._counters.counts(is_consistent=True))
            if said == self._counters.open_now():
                return sum(self._drift(severity, said[severity], found[severity]) for severity in Severity)
        return 0

    def _drift(self, severity: Severity, said: int, found: int) -> int:
        if said == found or not self._counters.is_corrected(open_counter(severity), said, found):
            return 0
        logger.warning("The organization's counter drifted", severity=severity, said=said, found=found)
        return abs(found - said)


def counter_of(what: Counted) -> tuple[Key, str]:
    """Return the counter of what is counted."""
    if what.control:
        return control_counter(NOW, what.control)
    return account_counter(NOW, what.account, what.severity)


def by_counter(counts: Iterable[Count]) -> dict[Counted, int]:
    """Return counters by what they count."""
    return {Counted(one.account, one.severity, one.control): one.findings for one in counts if one.findings}


def by_severity(counts: Iterable[Count]) -> Counter[str]:
    """Return the sum over accounts of each severity."""
    sums: Counter[str] = Counter()
    for one in counts:
        if one.account:
            sums[one.severity] += one.findings
    return sums
