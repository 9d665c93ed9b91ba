"""Controls that come back under another id: what has passed since is closed, what only moved is not told again."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

import msgspec

from contract.clock import EPOCH, iso
from contract.finding import Finding, RecordState
from hub.store.findings import FindingStore
from hub.store.items import moved_key, passed_key, resource_key

# Security Hub switches control findings over within 18 hours (its guide, "Consolidated control findings").
_SWITCHING = timedelta(days=3)

# What a control says about a resource: whose product, which control, account and Region, which resource.
Matter = tuple[str, str, str, str, str]


def matter_of(finding: Finding) -> Matter | None:
    """Return what a control's finding is about, whatever its id; None for what is no control's."""
    if not (finding.control and finding.resource):
        return None
    return (finding.product_arn, finding.detection, finding.account, finding.region, finding.resource)


def settled(news: Iterable[Finding], store: FindingStore) -> tuple[list[Finding], list[Finding]]:
    """Return the findings as they are to be stored, and those stored ones that the controls among them close.

    A finding is superseded once its control has passed under another id since it was last said to fail. An archived
    finding supersedes none: Security Hub archives the old one of two after it made the new one.
    """
    told = {one.id: one for one in news}
    matters = _by_matter(told.values())
    beside = _neighbours(matters, told.keys(), store)
    closed = {
        one.id: one for matter, among in matters.items() for one in _superseded([*beside.get(matter, ()), *among])
    }
    others = [one for one in closed.values() if one.id not in told]
    return [closed.get(one.id, one) for one in told.values()], others


def has_predecessor(finding: Finding, store: FindingStore) -> bool:
    """Return whether people know what a new finding tells of: under another id, open or just moved."""
    matter = matter_of(finding)
    if matter is None:
        return False
    if any(row.first_seen < finding.first_seen for row in _rows(matter, resource_key, store)):
        return True
    moved = store.read(row.id for row in _rows(matter, moved_key, store))
    since = iso(datetime.fromisoformat(finding.first_seen) - _SWITCHING)
    return any(one.observed_at > since for one in moved.values() if matter_of(one) == matter)


def _by_matter(findings: Iterable[Finding]) -> dict[Matter, list[Finding]]:
    matters: dict[Matter, list[Finding]] = {}
    for one in findings:
        if matter := matter_of(one):
            matters.setdefault(matter, []).append(one)
    return matters


def _neighbours(
    matters: Mapping[Matter, Sequence[Finding]], told: Collection[str], store: FindingStore
) -> Mapping[Matter, Sequence[Finding]]:
    """Return what is stored of each matter beside what is told of it; a damaged finding says nothing.

    That is what is open, and where one fails also what may have passed. However many matters a resource has, each of
    its keys is read once.
    """
    listed = cache(lambda key: _ids(store.of_resource(key)))
    names: set[str] = set()
    for matter, among in matters.items():
        _, control, account, region, resource = matter
        keys = (resource_key, passed_key, moved_key) if any(map(_is_failing, among)) else (resource_key,)
        names.update(name for key in keys for name in listed(key(resource)).get((control, account, region), ()))
    found, _ = store.readable(names.difference(told))
    return _by_matter(found.values())


def _ids(rows: Iterable[Finding]) -> dict[tuple[str, str, str], list[str]]:
    ids: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        ids.setdefault((row.detection, row.account, row.region), []).append(row.id)
    return ids


def _rows(matter: Matter, key: Callable[[str], str], store: FindingStore) -> Iterator[Finding]:
    _, control, account, region, resource = matter
    for row in store.of_resource(key(resource)):
        if (row.detection, row.account, row.region) == (control, account, region):
            yield row


def _superseded(among: Collection[Finding]) -> Iterator[Finding]:
    for one in among:
        passed = max(((other.passed_at, other.id) for other in among if other.id != one.id), default=(EPOCH, ""))
        if _is_failing(one) and passed[0] > max(one.updated_at, one.superseded_at):
            yield msgspec.structs.replace(one, superseded_at=passed[0], superseded_by=passed[1])


def _is_failing(finding: Finding) -> bool:
    return finding.record_state is RecordState.ACTIVE and finding.compliance != "PASSED"
