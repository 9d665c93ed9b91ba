"""Controls that come back under another id: what has passed since is closed, what only moved is not told again."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

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
    members: dict[Matter, dict[str, Finding]] = {}
    for one in told.values():
        if matter := matter_of(one):
            members.setdefault(matter, {})[one.id] = one
    for matter, among in members.items():
        members[matter] = {**_neighbours(matter, among, store), **among}
    closed = {one.id: one for among in members.values() for one in _superseded(among.values())}
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


def _neighbours(matter: Matter, among: Mapping[str, Finding], store: FindingStore) -> dict[str, Finding]:
    """Return what is stored of a matter under other ids: what is open, and where one fails what may have passed."""
    is_one_failing = any(_is_failing(one) for one in among.values())
    keys = (resource_key, passed_key, moved_key) if is_one_failing else (resource_key,)
    rows = {row.id for key in keys for row in _rows(matter, key, store)} - among.keys()
    return {name: one for name, one in store.read(rows).items() if matter_of(one) == matter} if rows else {}


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
