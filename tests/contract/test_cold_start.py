"""What a cold start does to the garbage collector."""

import gc

from contract.cold_start import uncollected


def test_the_collector_is_away_for_a_moment_only() -> None:
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.unfreeze()
