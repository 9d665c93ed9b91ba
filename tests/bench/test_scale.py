"""The scale run at a size for every day; `make bench-scale` runs it with a million."""

import pytest

from hub.archiver import handler
from tests.bench.scale import CLOSED, archive_peak, queries_of_a_shared_resource, run


def test_nothing_is_lost_counted_twice_or_archived_twice() -> None:
    result = run(1_500)
    assert (result.findings, result.archived) == (1_500, 1_500 // CLOSED)
    assert result.counters_drift == 0
    assert (result.again_write_units, result.archive_writes) == (0, 0)
    assert result.again_read_units == 0.5


def test_more_parts_take_no_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "_PART", 100)
    archive_peak(110)  # What the first run imports and keeps.
    one, ten = archive_peak(110), archive_peak(1_100)
    assert ten < one * 1.25 < 40


def test_the_controls_of_one_resource_share_its_queries() -> None:
    assert queries_of_a_shared_resource(100) == queries_of_a_shared_resource(1) == 3
