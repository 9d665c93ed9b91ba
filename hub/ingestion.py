"""Stores what Security Hub says, whether an event brought it or a sync read it."""

from collections.abc import Collection, Iterable, Mapping
from functools import reduce
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contract import asff, ocsf
from contract.finding import Finding
from hub.store.batches import UnprocessedError
from hub.store.findings import Change, FindingStore, LostRaceError, UpsertError
from hub.store.merge import joined, merge
from hub.succession import matter_of, settled


class Ingestion:
    """From Security Hub's documents to the store. Everything may be done again without harm."""

    def __init__(self, store: FindingStore, hub_account: str, other_feeds: Collection[str]) -> None:
        """Take the store, the hub's account, and the products whose findings the spokes forward themselves."""
        self._store = store
        self._hub_account = hub_account
        self._other_feeds = frozenset(other_feeds)

    def findings(self, documents: Iterable[Mapping[str, Any]], observed_at: str) -> list[Finding]:
        """Return the findings of ASFF or OCSF documents; not ours that come back, nor what another feed brings."""
        read = [_read(one, observed_at) for one in documents if not asff.is_own_product(one, self._hub_account)]
        return [one for one in read if one.product not in self._other_feeds]

    def store(self, findings: Iterable[Finding], *, renewing: bool) -> list[Change]:
        """Join the findings with what is stored, close what they supersede, and return what changed.

        `renewing`: an event brought each (`hub.store.merge`). What says nothing new costs half a read unit.
        `hub.store.findings.UpsertError` when some were not stored, after all others were.
        """
        sights: dict[str, list[Finding]] = {}
        for one in findings:
            sights.setdefault(one.id, []).append(one)
        stored, failed = self._store.readable(sights)
        merged: list[Finding] = []
        for name in (one for one in sights if one not in failed):
            try:
                after = merge(stored.get(name), reduce(joined, sights[name]), renewing=renewing)
            except Exception as error:  # noqa: BLE001 - the isolator of findings: one that cannot be joined stops no other
                failed[name] = error
                continue
            merged += [after] if after else []
        changes = self._settle(merged, failed, renewing=renewing)
        if failed:
            raise UpsertError(failed, changes)
        return changes

    def _settle(self, merged: list[Finding], failed: dict[str, Exception], *, renewing: bool) -> list[Change]:
        """Store what is news and what it supersedes; what could not be stored goes to `failed`.

        Those that are closed first: should one fail, what closes it comes again, is news again, and finds it closed.
        """
        news, others = settled(merged, self._store)
        changes = self._upserted(others, failed)
        unclosed = {matter_of(one): failed[one.id] for one in others if one.id in failed}
        waiting = {one.id: unclosed[matter] for one in news if (matter := matter_of(one)) in unclosed}
        failed |= waiting
        ready = [one for one in news if one.id not in waiting]
        return [*changes, *self._upserted(ready, failed, renewing=renewing)]

    def _upserted(
        self, findings: list[Finding], failed: dict[str, Exception], *, renewing: bool = False
    ) -> list[Change]:
        try:
            return self._store.upsert(findings, renewing=renewing)
        except UpsertError as error:
            failed |= error.failed
            return error.changes


def is_in_vain(error: Exception) -> bool:
    """Whether storing a finding failed so that trying again cannot help: not for what DynamoDB refused at a moment."""
    if isinstance(error, ClientError):
        return bool(error.response["Error"]["Code"] == "ValidationException")
    return not isinstance(error, BotoCoreError | LostRaceError | UnprocessedError)


def _read(document: Mapping[str, Any], observed_at: str) -> Finding:
    read = ocsf.finding_of if ocsf.is_ocsf(document) else asff.finding_of
    return read(document, observed_at)
