"""B9 to B11: what does not grow with the number of findings, and what the archive takes."""

from hub.store.items import SHARDS
from tests.bench.measure import Measure
from tests.bench.scale import archive_peak, queries_of_a_shared_resource, run

FEW, MANY = 1_000, 20_000
_MILLION = 1_000_000
# Write units that DynamoDB takes for one key in a second, over the findings a second of the budget.
_HOTTEST = 1_000 / 20_000


def findings_by_the_thousands() -> dict[str, Measure]:
    """A thousand findings of a Zipf-like organization beside twenty thousand, in memory and metered."""
    few, many = run(FEW), run(MANY, every=2)
    per_million = _MILLION / many.archived
    return {
        "B9 hottest key's share of new findings": Measure(many.hottest_share, "WRU", _HOTTEST),
        "B10 archive of a million, reads": Measure(many.archive_reads * per_million, "calls", 500),
        "B10 archive of a million, writes to findings": Measure(many.archive_writes, "WRU", 0),
        "B10 archive of a million, processor": Measure(many.archive_seconds * per_million, "s", 60),
        "B10 archive of full parts, memory at most": Measure(archive_peak(), "MiB", 40),
        "B9 a hundred new controls of one resource, queries": Measure(queries_of_a_shared_resource(), "calls", 3),
        "B11 summary, calls": Measure(many.summary_calls, "calls", 1),
        "B11 summary, reads": Measure(many.summary_read_units, "RRU", 1),
        "B11 page of 50, reads": Measure(many.page_read_units, "RRU", SHARDS * 0.5),
        "B11 page of 50, answer": Measure(many.page_bytes / 1024, "KB", 32),
        "B11 page of 50, reads at twenty times as many": Measure(
            many.page_read_units, "RRU", 1, (f"{FEW:,} findings", few.page_read_units)
        ),
        "counters that differ from a recount": Measure(many.counters_drift, "counters", 0),
    }
