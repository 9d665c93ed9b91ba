"""Stores what Security Hub says, whether an event brought it or a sync read it."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from contract import asff, ocsf
from contract.finding import Finding
from hub.store.findings import Change, FindingStore
from hub.store.merge import joined, merge
from hub.succession import settled


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
        `hub.store.findings.UpsertError` when some were not stored.
        """
        seen: dict[str, Finding] = {}
        for one in findings:
            seen[one.id] = joined(seen[one.id], one) if one.id in seen else one
        stored = self._store.read(seen)
        merged = (merge(stored.get(name), one, renewing=renewing) for name, one in seen.items())
        news, others = settled([one for one in merged if one], self._store)
        # Those that are closed first: should the rest fail, it comes again, is news again, and finds them closed.
        return [*self._store.upsert(others), *self._store.upsert(news, renewing=renewing)]


def _read(document: Mapping[str, Any], observed_at: str) -> Finding:
    read = ocsf.finding_of if ocsf.is_ocsf(document) else asff.finding_of
    return read(document, observed_at)
