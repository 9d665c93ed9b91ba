"""Operation preferences: what AWS accepts, and how many may run and fail at a time."""

import threading
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
    is_strict: bool = False

    def room(self, failures: int) -> int:
        """How many accounts may be at work after so many failures: strictly, never more than may still fail and one.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/concurrency-mode.html
        """
        return max(1, min(self.concurrency, self.tolerance + 1 - failures)) if self.is_strict else self.concurrency


class Gate:
    """Lets a Region's accounts to work at the operation's pace, until more have failed than may."""

    def __init__(self, limits: Pace) -> None:
        """Nobody is at work and nothing has failed."""
        self._limits = limits
        self._working = self._failures = 0
        self._changed = threading.Condition()

    @property
    def is_open(self) -> bool:
        """Whether no more have failed than may."""
        return self._failures <= self._limits.tolerance

    def enter(self) -> bool:
        """Wait for room; False if too many have failed."""
        with self._changed:
            self._changed.wait_for(lambda: not self.is_open or self._working < self._limits.room(self._failures))
            self._working += self.is_open
            return self.is_open

    def leave(self, *, has_failed: bool) -> None:
        """Make room for the next one."""
        with self._changed:
            self._working -= 1
            self._failures += has_failed
            self._changed.notify_all()


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
    concurrency = min(THREADS, max(1, given.get("MaxConcurrentCount", share)))
    is_strict = given.get("ConcurrencyMode", STRICT) == STRICT
    return Pace(tolerance, concurrency, given.get("RegionConcurrencyType") == "PARALLEL", is_strict)
