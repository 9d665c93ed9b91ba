"""What was created by whom, and what stayed untagged and why."""

from typing import Any

from contract.spoke_events import TaggingFailure, TaggingResult
from hub.store.coverage_of_tags import Gap, Share, coverage_of

SINCE = "2026-11-20T00:00:00.000000Z"


def _result(**changes: Any) -> TaggingResult:
    usual: dict[str, Any] = {
        "account": "111122223333",
        "region": "eu-west-1",
        "version": "1",
        "api_call": "sqs.amazonaws.com:CreateQueue",
        "event_id": "e1",
        "created_by": "alice",
        "created_at": "2026-11-20T10:00:00.000000Z",
    }
    return TaggingResult(**{**usual, **changes})


def test_creators_calls_and_accounts_are_counted_the_busiest_first() -> None:
    found = coverage_of(
        [
            _result(tagged=("arn:a",)),
            _result(tagged=("arn:b", "arn:c"), created_by="bob", account="444455556666"),
            _result(failed=(TaggingFailure("arn:d", "no"),)),
        ],
        SINCE,
    )
    assert (found.tagged, found.untagged) == (3, 1)
    assert found.by_creator == (Share("alice", 1, 1), Share("bob", 2, 0))
    assert found.by_account == (Share("111122223333", 1, 1), Share("444455556666", 2, 0))
    assert found.by_call == (Share("sqs.amazonaws.com:CreateQueue", 3, 1),)


def test_why_something_stayed_untagged_is_told_by_call_with_examples() -> None:
    failed = tuple(TaggingFailure(f"arn:{number}", "tag policy") for number in range(5))
    found = coverage_of([_result(failed=failed), _result(failed=(TaggingFailure("", "takes no tags"),))], SINCE)
    assert found.gaps == (
        Gap("sqs.amazonaws.com:CreateQueue", "tag policy", 5, ("arn:0", "arn:1", "arn:2")),
        Gap("sqs.amazonaws.com:CreateQueue", "takes no tags", 1, ()),
    )


def test_what_was_created_before_the_window_is_left_out() -> None:
    old = _result(tagged=("arn:a",), created_at="2026-11-19T23:59:59.000000Z")
    assert coverage_of([old], SINCE).tagged == 0
    assert coverage_of([_result(tagged=("arn:a",), created_at="")], SINCE).tagged == 1


def test_the_lag_is_told_as_the_usual_and_the_longest() -> None:
    results = [_result(tagged=("arn:a",), lag_seconds=float(number)) for number in range(100)]
    assert coverage_of(results, SINCE).lag_seconds == (50.0, 95.0)
    assert coverage_of([_result()], SINCE).lag_seconds is None
