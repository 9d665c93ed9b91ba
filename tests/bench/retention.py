"""B6: the AWS calls and the memory of the backup tagger over a hundred thousand snapshots, through a metered stub."""

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from math import ceil
from typing import Any, Self
from urllib.parse import parse_qsl

from botocore.awsrequest import AWSResponse

from spoke import clients
from spoke.backup_tagger.run import Limits, Tally, tag_all
from spoke.backup_tagger.verdict import Policy
from spoke.backups import PAGE
from spoke.tag_writing import BATCH
from tests.bench.first_event import Raw
from tests.bench.measure import Measure

SNAPSHOTS, IMAGES = 100_000, 2_000
# Of as many days are the snapshots: as many values of the date. What waits is at most a batch of each.
DAYS = 30
_NEWEST = date(2026, 11, 27)
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_REFUSED = "<Response><Errors><Error><Code>InvalidID</Code><Message>no</Message></Error></Errors></Response>"


class Ec2:
    """Answers EC2's calls of the functions' session as EC2 writes them, and counts them; `bad` refuses its batch."""

    def __init__(self, snapshots: int, bad: str = "") -> None:
        self.calls: Counter[str] = Counter()
        self.snapshots = snapshots
        self._bad = bad
        self._tags: dict[str, tuple[tuple[str, str], ...]] = {}

    def answer(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        """Answer a call where it would leave the process."""
        operation = event_name.rpartition(".")[2]
        self.calls[operation] += 1
        body = request.body.decode() if isinstance(request.body, bytes) else request.body
        status, text = getattr(self, f"_{operation}")(dict(parse_qsl(body)))
        encoded = f"{_HEAD}{text}".encode()
        return AWSResponse(request.url, status, {"content-length": str(len(encoded))}, Raw(encoded))

    def created(self, number: int) -> date:
        """Return the day of a snapshot."""
        return _NEWEST - timedelta(days=number % DAYS)

    def _DescribeImages(self, asked: dict[str, str]) -> tuple[int, str]:  # noqa: N802 - EC2's
        begin, end = self._page(asked, IMAGES)
        items = "".join(
            f"<item><imageId>ami-{one:017x}</imageId><imageState>available</imageState>"
            f"<creationDate>{_NEWEST}T10:00:00.000Z</creationDate><blockDeviceMapping><item><ebs>"
            f"<snapshotId>snap-{one:017x}</snapshotId></ebs></item></blockDeviceMapping>"
            f"{self._tag_set(f'ami-{one:017x}')}</item>"
            for one in range(begin, end)
        )
        more = f"<nextToken>{end}</nextToken>" if end < IMAGES else ""
        return 200, f"<DescribeImagesResponse><imagesSet>{items}</imagesSet>{more}</DescribeImagesResponse>"

    def _DescribeSnapshots(self, asked: dict[str, str]) -> tuple[int, str]:  # noqa: N802 - EC2's
        begin, end = self._page(asked, self.snapshots)
        items = "".join(
            f"<item><snapshotId>snap-{one:017x}</snapshotId><volumeId>vol-{one:017x}</volumeId><status>completed</status>"
            f"<startTime>{self.created(one)}T10:00:00.000Z</startTime><volumeSize>8</volumeSize>"
            f"<storageTier>standard</storageTier>{self._tag_set(f'snap-{one:017x}')}</item>"
            for one in range(begin, end)
        )
        more = f"<nextToken>{end}</nextToken>" if end < self.snapshots else ""
        return 200, f"<DescribeSnapshotsResponse><snapshotSet>{items}</snapshotSet>{more}</DescribeSnapshotsResponse>"

    def _CreateTags(self, asked: dict[str, str]) -> tuple[int, str]:  # noqa: N802 - EC2's
        ids = [value for name, value in asked.items() if name.startswith("ResourceId.")]
        if self._bad in ids:
            return 400, _REFUSED
        keys = [value for name, value in asked.items() if name.startswith("Tag.") and name.endswith(".Key")]
        values = [value for name, value in asked.items() if name.startswith("Tag.") and name.endswith(".Value")]
        pairs = tuple(zip(keys, values, strict=True))
        self._tags |= dict.fromkeys(ids, pairs)
        return 200, "<CreateTagsResponse><return>true</return></CreateTagsResponse>"

    def _page(self, asked: dict[str, str], number: int) -> tuple[int, int]:
        begin = int(asked.get("NextToken", 0))
        return begin, min(begin + int(asked.get("MaxResults", number)), number)

    def _tag_set(self, id_: str) -> str:
        pairs = self._tags.get(id_, ())
        items = "".join(f"<item><key>{key}</key><value>{value}</value></item>" for key, value in pairs)
        return f"<tagSet>{items}</tagSet>"


@contextmanager
def stubbed(ec2: Ec2) -> Iterator[Any]:
    """Yield the functions' own client, whose calls the stub answers."""
    session = clients._session()
    session.set_credentials("stub", "stub")
    session.register("before-send.ec2.*", ec2.answer)
    clients.client.cache_clear()
    try:
        yield clients.client("ec2", "eu-central-1")
    finally:
        session.unregister("before-send.ec2.*", ec2.answer)
        clients.client.cache_clear()


def run(client: Any) -> Tally:
    """Run to the end, with time for all of it."""
    limits = Limits(Policy("90days"), _NEWEST, 0.05, lambda: 1e6)
    tally, left = tag_all(client, limits, Tally())
    assert left is None
    return tally


def calls_of_a_hundred_thousand_snapshots(snapshots: int = SNAPSHOTS) -> dict[str, Measure]:
    """Two runs: the first tags all but one, which refuses its batch; the second finds nothing to do but that one."""
    bad = f"snap-{snapshots - 1:017x}"
    ec2 = Ec2(snapshots, bad)
    with stubbed(ec2) as client:
        first = run(client)
        calls = ec2.calls.copy()
        ec2.calls.clear()
        run(client)
    values = Counter(ec2.created(one) for one in range(IMAGES, snapshots))
    values[_NEWEST] += 2 * IMAGES
    reads = ceil(snapshots / PAGE) + ceil(IMAGES / PAGE)
    writes = sum(ceil(ids / BATCH) for ids in values.values())
    halving = 2 * (BATCH - 1).bit_length()
    assert (first.amis_tagged, first.snapshots_tagged, first.failed) == (IMAGES, snapshots - 1, 1)
    return {
        "B6 calls of the first run": Measure(calls.total(), "calls", reads + writes + halving),
        "B6 reads": Measure(calls["DescribeSnapshots"] + calls["DescribeImages"], "calls", reads),
        "B6 writes of the second run but for the bad id": Measure(ec2.calls["CreateTags"] - 1, "calls", 0),
    }


def memory_of_many_snapshots() -> dict[str, Measure]:
    """First runs over ten thousand and over three times as many, of as many days: what they take beside the client."""
    few, many = (_peak(count) for count in (10_000, 30_000))
    return {"B6 memory of three times as many snapshots": Measure(many, "MB", 1.1, ("ten thousand", few))}


def _peak(snapshots: int) -> float:
    ec2 = Ec2(snapshots)
    # What the stub remembers of tags is not the tagger's.
    ec2._tags = _Nothing()
    with stubbed(ec2) as client:
        tracemalloc.start()
        try:
            run(client)
            return tracemalloc.get_traced_memory()[1] / 2**20
        finally:
            tracemalloc.stop()


class _Nothing(dict[str, Any]):
    def __ior__(self, _other: Any) -> Self:  # type: ignore[override,misc] # it takes whatever it forgets
        return self
