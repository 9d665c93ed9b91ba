from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from generator.backtest.frequent import Frequent
from generator.backtest.repeats import Repeats

keys = st.lists(st.sampled_from("aaaabbbccdefghijkl"), max_size=200)


@given(keys, st.integers(1, 8))
def test_the_true_count_lies_between_the_two_that_are_told(seen: list[str], capacity: int) -> None:
    counts: Frequent[str] = Frequent(capacity)
    for key in seen:
        counts.add(key)
    true = Counter(seen)
    told = dict(counts.ranked())
    assert len(told) <= capacity
    assert all(count.least <= true[key] <= count.most for key, count in told.items())
    assert {key for key, number in true.items() if number > len(seen) / capacity} <= set(told)


@given(keys)
def test_counts_of_few_keys_are_exact(seen: list[str]) -> None:
    counts: Frequent[str] = Frequent(20)
    for key in seen:
        counts.add(key)
    assert counts.is_exact
    assert {key: count.most for key, count in counts.ranked()} == Counter(seen)


def test_a_repeat_is_noticed_among_the_last_ids_and_not_beyond() -> None:
    repeats = Repeats(most=3)
    assert [repeats.has(one) for one in "abacda"] == [False, False, True, False, False, False]
