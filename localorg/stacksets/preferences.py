"""Operation preferences: what AWS accepts, and how many may run and fail at a time."""

from dataclasses import dataclass
from typing import Any

from localorg.stacksets.wire import StackSetError

STRICT, SOFT = "STRICT_FAILURE_TOLERANCE", "SOFT_FAILURE_TOLERANCE"
CHOICES = {"RegionConcurrencyType": ("SEQUENTIAL", "PARALLEL"), "ConcurrencyMode": (STRICT, SOFT)}
RANGES = {
    "FailureToleranceCount": (0, 10_000_000),
    "FailureTolerancePercentage": (0, 100),
    "MaxConcurrentCount": (1, 10_000_000),
    "MaxConcurrentPercentage": (1, 100),
}
# What this machine bears; AWS runs up to the number that the preferences allow.
THREADS = 8


@dataclass(frozen=True)
class Pace:
    """How an operation runs over `accounts` accounts of a Region."""

    tolerance: int
    concurrency: int
    is_parallel: bool


def check(given: dict[str, Any], regions: list[str]) -> None:
    """StackSetError if AWS would refuse these preferences.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackSetOperationPreferences.html
    """
    for name, choices in CHOICES.items():
        if given.get(name, choices[0]) not in choices:
            raise StackSetError("ValidationError", f"{name} must be one of {', '.join(choices)}, not {given[name]}")
    for name, (low, high) in RANGES.items():
        if not low <= given.get(name, low) <= high:
            raise StackSetError("ValidationError", f"{name} must be between {low} and {high}")
    for kind in ("FailureTolerance", "MaxConcurrent"):
        if f"{kind}Count" in given and f"{kind}Percentage" in given:
            raise StackSetError("ValidationError", f"Specify {kind}Count or {kind}Percentage, but not both")
    if set(given.get("RegionOrder", ())) - set(regions):
        raise StackSetError("ValidationError", "RegionOrder names a Region that is not deployed to")
    _check_strict(given)


def _check_strict(given: dict[str, Any]) -> None:
    tolerance = given.get("FailureToleranceCount", 0)
    concurrent = given.get("MaxConcurrentCount", tolerance + 1)
    is_strict = given.get("ConcurrencyMode", STRICT) == STRICT
    if is_strict and "FailureToleranceCount" in given and concurrent > tolerance + 1:
        raise StackSetError("ValidationError", "MaxConcurrentCount must be at most one more than FailureToleranceCount")


def pace(given: dict[str, Any], accounts: int) -> Pace:
    """Tolerance and concurrency for a Region with this many accounts; percentages round down, as on AWS."""
    tolerance = given.get("FailureToleranceCount", accounts * given.get("FailureTolerancePercentage", 0) // 100)
    share = accounts * given["MaxConcurrentPercentage"] // 100 if "MaxConcurrentPercentage" in given else 1
    concurrency = max(1, given.get("MaxConcurrentCount", share))
    if given.get("ConcurrencyMode", STRICT) == STRICT:
        concurrency = min(concurrency, tolerance + 1)
    return Pace(tolerance, min(concurrency, THREADS), given.get("RegionConcurrencyType") == "PARALLEL")
