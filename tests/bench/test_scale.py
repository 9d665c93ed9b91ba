"""The scale run at a size for every day; `make bench-scale` runs it with a million."""

from tests.bench.scale import CLOSED, run


def test_nothing_is_lost_counted_twice_or_archived_twice() -> None:
    result = run(1_500)
    assert (result.findings, result.archived) == (1_500, 1_500 // CLOSED)
    assert result.counters_drift == 0
    assert (result.again_write_units, result.archive_writes) == (0, 0)
    assert result.again_read_units == 0.5
