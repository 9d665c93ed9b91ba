"""One budget's measurement."""

import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Measure:
    """A value in a unit; with a baseline the budget is on value ÷ baseline, without one on the value."""

    value: float
    unit: str
    budget: float
    baseline: tuple[str, float] | None = None

    @property
    def ratio(self) -> float | None:
        """Value ÷ baseline."""
        return self.value / self.baseline[1] if self.baseline else None

    @property
    def met(self) -> bool:
        """Whether the budget is kept."""
        return (self.value if self.ratio is None else self.ratio) <= self.budget

    def as_dict(self) -> dict[str, Any]:
        """Return what scripts read."""
        baseline = {"name": self.baseline[0], "value": self.baseline[1]} if self.baseline else None
        ratio = None if self.ratio is None else round(self.ratio, 4)
        return {
            "value": round(self.value, 4),
            "unit": self.unit,
            "baseline": baseline,
            "ratio": ratio,
            "budget": self.budget,
            "met": self.met,
        }

    def __str__(self) -> str:
        """Return it in one line."""
        beside = "" if self.ratio is None or self.baseline is None else f", {self.ratio:.3g} x {self.baseline[0]}"
        return f"{self.value:g} {self.unit}{beside} (budget {self.budget:.4g})"


@dataclass(frozen=True)
class Unmeasured:
    """A budget that could not be measured here, and so is not met."""

    reason: str
    met: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return what scripts read."""
        return {"value": None, "met": False, "reason": self.reason}

    def __str__(self) -> str:
        """Return it in one line."""
        return f"not measured: {self.reason}"


class PeerMissingError(RuntimeError):
    """A peer that could not be installed here; the text says why."""


def peer_installed(command: Sequence[str]) -> None:
    """Run an installer; `PeerMissingError` when it fails, as without a way to PyPI."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeerMissingError(f"{command[-1]}: {done.stderr.strip() or f'exit code {done.returncode}'}")


def children_cpu() -> float:
    """Return the processor seconds of all child processes that have ended, theirs included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def paired(one: Callable[[], object], other: Callable[[], object], rounds: int = 9) -> tuple[float, float]:
    """Return the CPU seconds of both, each the median of rounds run in turn."""
    first, second = in_turn(lambda: cpu_of(one), lambda: cpu_of(other), rounds=rounds)
    return first, second


def in_turn(*timed: Callable[[], float], rounds: int = 9) -> list[float]:
    """Return the median of each of several measurements, taken in turn."""
    taken = [[measure() for measure in timed] for _ in range(rounds)]
    return [median(one) for one in zip(*taken, strict=True)]


def cpu_of(run: Callable[[], object]) -> float:
    """Return the CPU seconds of a call in this process."""
    start = time.process_time()
    run()
    return time.process_time() - start
