"""What a rollout says while it works."""

from typing import TypeAlias

import msgspec

from generator.problems import ProblemError


class Step(msgspec.Struct, frozen=True):
    """One thing done, found done, or failed: `state` is a past participle, `detail` a reason or a count."""

    what: str
    state: str
    detail: str = ""

    @property
    def is_failure(self) -> bool:
        """Whether somebody must look at it."""
        return self.state == "failed"


class Progress(msgspec.Struct, frozen=True):
    """How far something is that takes long: so many of so many stacks."""

    what: str
    done: int
    total: int


Event: TypeAlias = Step | Progress


class RolloutError(ProblemError):
    """A rollout cannot go on; the text names what failed and the mend."""
