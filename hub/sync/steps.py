"""What a run of the sync does, page by page."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial

import msgspec
from aws_lambda_powertools import Logger

from contract.clock import iso
from contract.finding import OURS, Finding, RecordState
from hub.ingestion import Ingestion, is_in_vain
from hub.store.findings import Change, FindingQuery, FindingStore, UpsertError
from hub.store.runs import Kind, Phase, Run
from hub.sync.reader import Page, Reader

logger = Logger(service="sync")

# Security Hub deletes a finding 90 days after it was last updated (its guide, "Managing findings").
_RETENTION = timedelta(days=90)
# Events and `UpdatedAt` are not of one clock; what is read twice is no change.
_OVERLAP = timedelta(hours=1)
# A control is evaluated at least every day: what was not heard of for longer is asked for.
_UNHEARD = timedelta(days=8)
_ROWS = 200


class Steps:
    """Security Hub on one side, the store on the other."""

    def __init__(
        self, reader: Reader, ingestion: Ingestion, store: FindingStore, clock: Callable[[], datetime]
    ) -> None:
        """Take what it works with."""
        self._reader = reader
        self._ingestion = ingestion
        self._store = store
        self._clock = clock

    def begun(self, kind: Kind, last: Run | None, read_at: str) -> Run:
        """Return a new run: of changes since all was read (`read_at`), of everything since Security Hub remembers."""
        moment = self._clock()
        since = moment - _RETENTION - timedelta(days=1)
        if kind is Kind.CHANGES:
            since = max(since, datetime.fromisoformat(read_at) - _OVERLAP)
        at = iso(moment)
        # The last one's steps are counted on, so that an order of that one is never taken for one of this.
        return Run(kind=kind, started=at, touched=at, reached=iso(since), until=at, step=last.step + 2 if last else 0)

    def taken(self, run: Run, has_time: Callable[[], bool]) -> Iterator[Run]:
        """Yield the run after each page, while there is time; the last one has the next step, or is done."""
        pages = self._read(run) if run.phase is Phase.READING else self._forget(run)
        for after in pages:
            run = after
            if run.phase is Phase.DONE or not has_time():
                break
            yield run
        yield msgspec.structs.replace(run, step=run.step + 1)

    def _read(self, run: Run) -> Iterator[Run]:
        is_everything = run.kind is Kind.EVERYTHING
        then = Phase.FORGETTING if is_everything else Phase.DONE
        for page in self._reader.changed(run.reached, run.until, is_active=is_everything):
            findings = self._ingestion.findings(page.documents, page.asked_at)
            changed, refused = self._done(partial(self._ingestion.store, findings, renewing=False))
            run = msgspec.structs.replace(
                run,
                touched=page.asked_at,
                reached=max(run.reached, page.reached),
                findings=run.findings + len(page.documents),
                changed=run.changed + changed,
                refused=run.refused + refused,
                phase=then if page.is_last else run.phase,
            )
            yield run

    def _forget(self, run: Run) -> Iterator[Run]:
        """Close what Security Hub has no more, asking for it by its id, along the list of open findings."""
        while True:
            listed = self._store.page(FindingQuery(until=self._unheard(run)), run.cursor, limit=_ROWS)
            names = [row.id for row in listed.findings if row.product != OURS]
            stored, damaged = self._store.readable(names)
            _log(damaged)
            unheard = [one for one in stored.values() if self._is_unheard(one, run)]
            gone = list(self._gone(unheard)) if unheard else []
            _, refused = self._done(partial(self._store.upsert, gone))
            run = msgspec.structs.replace(
                run,
                touched=iso(self._clock()),
                cursor=listed.cursor,
                gone=run.gone + len(gone) - refused,
                refused=run.refused + refused + len(damaged),
            )
            if not listed.cursor:
                yield msgspec.structs.replace(run, phase=Phase.DONE)
                return
            yield run

    @staticmethod
    def _done(store: Callable[[], list[Change]]) -> tuple[int, int]:
        """Store findings; return how many changed, and how many never can be stored: these hold up no run."""
        try:
            return len(store()), 0
        except UpsertError as error:
            if not all(is_in_vain(one) for one in error.failed.values()):
                raise
            _log(error.failed)
            return len(error.changes), len(error.failed)

    def _gone(self, unheard: list[Finding]) -> Iterator[Finding]:
        asked_at = iso(self._clock())
        pages: list[Page] = list(self._reader.known(unheard))
        known = {one.id for page in pages for one in self._ingestion.findings(page.documents, page.asked_at)}
        for one in unheard:
            if one.id not in known:
                yield msgspec.structs.replace(one, record_state=RecordState.STALE, observed_at=asked_at)

    def _is_unheard(self, finding: Finding, run: Run) -> bool:
        return finding.is_of_security_hub and finding.updated_at < self._unheard(run)

    @staticmethod
    def _unheard(run: Run) -> str:
        return iso(datetime.fromisoformat(run.started) - _UNHEARD)


def _log(refused: Mapping[str, Exception]) -> None:
    for name, error in refused.items():
        logger.error("A finding cannot be stored", finding=name, error=repr(error))
