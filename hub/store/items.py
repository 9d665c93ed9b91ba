"""A finding as an item of the findings table, and back."""

import zlib
from datetime import UTC, datetime, timedelta

import msgspec

from contract.clock import EPOCH
from contract.finding import OURS, Finding, Mode, RecordState, Severity, Status, Workflow
from hub.store.attributes import Item, Plain, from_item, text, to_item
from hub.store.body import packed, unpacked
from hub.store.schema import TTL_ATTRIBUTE

SHARDS = 16
RETENTION = timedelta(days=90)
# Between the day that the archiver writes a finding and its deletion.
MARGIN = timedelta(days=14)
_TITLE_LENGTH = 256
# DynamoDB's limit of a partition key is 2,048 bytes; the full text stands in the body.
_RESOURCE_LENGTH = 500
_WEEK = 7
# What stands before the resource of a closed finding that others may have to find by it.
_PASSED, _MOVED = "PASSED#", "MOVED#"
# What stands before the day of a closed finding's severity_bucket.
_EXPIRE = "EXPIRE#"
# Some moment after none: an index does not say when another finding took one over.
_SOMETIME = "1970-01-01T00:00:00.000001Z"


def shard_of(finding_id: str) -> int:
    """Return the shard of a finding, 0 to 15."""
    return zlib.crc32(finding_id.encode()) % SHARDS


def bucket(value: str, shard: int) -> str:
    """Return an index key: `HIGH#7`."""
    return f"{value}#{shard}"


def expiry_key(day: str) -> str:
    """Return what the severity buckets of the closed findings are called that are due on a day."""
    return f"{_EXPIRE}{day}"


def expiry_day(closed_at: datetime) -> str:
    """Return the day on which a finding that was closed then is due for the archive: `2027-02-18`."""
    return (closed_at + RETENTION).date().isoformat()


def expiry_week(closed_at: datetime) -> str:
    """Return the Monday for which a finding of Security Hub's is due: that day, or the next one.

    Security Hub says every day that a control still passes. By the day, each time would write an index anew.
    """
    due = closed_at + RETENTION
    return (due + timedelta(days=-due.weekday() % _WEEK)).date().isoformat()


def resource_key(resource: str) -> str:
    """Return a resource as ResourceIndex knows it."""
    return resource[:_RESOURCE_LENGTH]


def passed_key(resource: str) -> str:
    """Return a resource as ResourceIndex knows it of closed controls that pass, or did once."""
    return f"{_PASSED}{resource_key(resource)}"


def moved_key(resource: str) -> str:
    """Return a resource as ResourceIndex knows it of findings that Security Hub replaces by others, all at once."""
    return f"{_MOVED}{resource_key(resource)}"


def item_of(finding: Finding, revision: int) -> Item:
    """Return the item that stores a finding; only open ones have keys of the list indexes."""
    values = {**_plain(finding), **(_open_keys(finding) if finding.is_open else _closed_keys(finding))}
    # DynamoDB refuses empty text in index keys; elsewhere it only costs bytes.
    present = {name: value for name, value in values.items() if value != ""}
    return to_item({**present, "revision": revision, "body": packed(finding)})


def finding_of(item: Item) -> Finding:
    """Return the whole finding of an item (also of a stream's image); a damaged body raises."""
    body = from_item({"body": item["body"]})["body"]
    return unpacked(body if isinstance(body, bytes) else b"")


def row_of(item: Item) -> Finding:
    """Return the finding as the indexes project it; `finding_of` has the rest."""
    row = Finding(
        id=text(item, "id"),
        detection=text(item, "control"),
        title=text(item, "title"),
        severity=Severity(text(item, "severity")),
        account=text(item, "account"),
        region=text(item, "region"),
        resource=_listed_resource(item),
        actor=text(item, "actor"),
        workflow=Workflow(text(item, "workflow")),
        event_id=text(item, "event_id"),
        product=text(item, "product", OURS),
        mode=Mode(text(item, "mode", Mode.LIVE)),
        record_state=RecordState(text(item, "record_state", RecordState.ACTIVE)),
        compliance=text(item, "compliance"),
        first_seen=text(item, "first_seen"),
    )
    is_superseded = row.is_open and text(item, "severity_bucket").startswith(_EXPIRE)
    return msgspec.structs.replace(row, superseded_at=_SOMETIME) if is_superseded else row


def _listed_resource(item: Item) -> str:
    return text(item, "resource").removeprefix(_PASSED).removeprefix(_MOVED) or text(item, "closed_resource")


def _plain(finding: Finding) -> dict[str, Plain]:
    return {
        "id": finding.id,
        "title": finding.title[:_TITLE_LENGTH],
        "account": finding.account,
        "region": finding.region,
        "severity": finding.severity.value,
        "control": finding.detection,
        "actor": finding.actor,
        "workflow": finding.workflow.value,
        "event_id": finding.event_id,
        "product": "" if finding.product == OURS else finding.product,
        "mode": "" if finding.mode is Mode.LIVE else finding.mode.value,
        "first_seen": finding.first_seen,
    }


def _open_keys(finding: Finding) -> dict[str, Plain]:
    shard = shard_of(finding.id)
    return {
        "severity_bucket": bucket(finding.severity, shard),
        "account_bucket": bucket(finding.account, shard),
        "control_bucket": bucket(finding.detection, shard),
        "resource": resource_key(finding.resource),
    }


def _closed_keys(finding: Finding) -> dict[str, Plain]:
    closed_at, day = closing_time(finding), due_day(finding)
    due = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return {
        "severity_bucket": bucket(expiry_key(day), shard_of(finding.id)),
        "record_state": "" if finding.record_state is RecordState.ACTIVE else finding.record_state.value,
        "compliance": finding.compliance if finding.compliance == "PASSED" else "",
        **_closed_resource(finding),
        TTL_ATTRIBUTE: int((max(due, closed_at + RETENTION) + MARGIN).timestamp()),
    }


def due_day(finding: Finding) -> str:
    """Return the day under which a closed finding is archived."""
    closed_at = closing_time(finding)
    return expiry_week(closed_at) if finding.is_of_security_hub else expiry_day(closed_at)


def _closed_resource(finding: Finding) -> dict[str, Plain]:
    if finding.control and finding.is_consolidated_away:
        return {"resource": moved_key(finding.resource)}
    if finding.control and finding.passed_at > EPOCH:
        return {"resource": passed_key(finding.resource)}
    return {"closed_resource": resource_key(finding.resource)}


def closing_time(finding: Finding) -> datetime:
    """Return when a closed finding was closed: by the provider, as the hub saw it, by people, or by another finding.

    What people say about one that its provider closed is as new: the archive hears of it once more.
    """
    if finding.record_state is not RecordState.ACTIVE or finding.compliance == "PASSED":
        said = finding.acted_at if finding.is_told_here else ""
        return datetime.fromisoformat(max(finding.observed_at, said))
    closed_at = finding.superseded_at if finding.status is Status.ARCHIVED else finding.acted_at or finding.workflow_at
    # Never before it was seen: what was closed long ago, and is heard of now, is due in 90 days, not at once.
    return datetime.fromisoformat(max(closed_at, finding.observed_at))
