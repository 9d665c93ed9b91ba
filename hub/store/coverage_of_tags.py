"""What was created in a window and by whom, and what stayed untagged and why, from what the spokes reported."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from contract.spoke_events import TaggingResult

_EXAMPLES = 3


class Share(msgspec.Struct, frozen=True):
    """Resources of one creator, API call or account: with their creator's tag, and without."""

    name: str
    tagged: int
    untagged: int


class Gap(msgspec.Struct, frozen=True):
    """Resources that stayed untagged for one reason after one API call, with some of them; empty: no ARN is known."""

    api_call: str
    reason: str
    resources: int
    examples: tuple[str, ...]


class TagCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """What the taggers made of the create events of a window; the shares with the most resources come first.

    `lag_seconds` are half and 95 of a hundred events' seconds from call to tag; None without any.
    """

    since: str
    tagged: int
    untagged: int
    by_creator: tuple[Share, ...]
    by_call: tuple[Share, ...]
    by_account: tuple[Share, ...]
    gaps: tuple[Gap, ...]
    lag_seconds: tuple[float, float] | None = None


def coverage_of(results: Iterable[TaggingResult], since: str) -> TagCoverage:
    """Return the coverage of events since a moment (ISO 8601); those of older spokes tell none and count, too."""
    counted = [one for one in results if not one.created_at or one.created_at >= since]
    return TagCoverage(
        since=since,
        tagged=sum(len(one.tagged) for one in counted),
        untagged=sum(len(one.failed) for one in counted),
        by_creator=_shares(counted, lambda one: one.created_by or "unknown"),
        by_call=_shares(counted, lambda one: one.api_call),
        by_account=_shares(counted, lambda one: one.account),
        gaps=_gaps(counted),
        lag_seconds=_lag(sorted(one.lag_seconds for one in counted if one.lag_seconds is not None)),
    )


def _shares(results: Iterable[TaggingResult], name: Callable[[TaggingResult], str]) -> tuple[Share, ...]:
    tagged: Counter[str] = Counter()
    untagged: Counter[str] = Counter()
    for one in results:
        tagged[name(one)] += len(one.tagged)
        untagged[name(one)] += len(one.failed)
    found = [Share(known, tagged[known], untagged[known]) for known in {**tagged, **untagged}]
    return tuple(sorted(found, key=lambda one: (-one.tagged - one.untagged, one.name)))


def _gaps(results: Iterable[TaggingResult]) -> tuple[Gap, ...]:
    arns: dict[tuple[str, str], list[str]] = {}
    for one in results:
        for failure in one.failed:
            arns.setdefault((one.api_call, failure.reason), []).append(failure.arn)
    gaps = [
        Gap(call, reason, len(found), tuple(dict.fromkeys(filter(None, found)))[:_EXAMPLES])
        for (call, reason), found in arns.items()
    ]
    return tuple(sorted(gaps, key=lambda one: (-one.resources, one.api_call, one.reason)))


def _lag(seconds: Sequence[float]) -> tuple[float, float] | None:
    if not seconds:
        return None
    return seconds[len(seconds) // 2], seconds[min(len(seconds) - 1, len(seconds) * 95 // 100)]
