"""One budget's measurement."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
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
        ratio = None if self.ratio is None else round(self.ratio, 3)
        return {
            "value": round(self.value, 4),
            "unit": self.unit,
            "baseline": baseline,
            "ratio": ratio,
            "budget": self.budget,
            "met": self.met,
        }


def children_cpu() -> float:
    """Return the processor seconds of all child processes that have ended, theirs included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def paired(one: Callable[[], object], other: Callable[[], object], rounds: int = 9) -> tuple[float, float]:
    """Return the CPU seconds of both, each the median of rounds run in turn."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for which, run in enumerate((one, other)):
            start = time.process_time()
            run()
            times[which].append(time.process_time() - start)
    return sorted(times[0])[rounds // 2], sorted(times[1])[rounds // 2]
