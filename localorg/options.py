"""What the gateway was asked for."""

import re
from dataclasses import dataclass

REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


class OptionsError(ValueError):
    """An argument that cannot be used."""


@dataclass(frozen=True)
class Options:
    """The command line: port (0 picks one), member accounts, Regions (the first is the home), log level, parent pid.

    In a bare organization nothing is delegated yet; without `trail` it has no trail of its own. A second that a state
    machine or a command waits takes `wait_scale` seconds.
    """

    port: int
    accounts: int = 5
    regions: tuple[str, ...] = ("us-east-1", "eu-west-1")
    log_level: str = "WARNING"
    with_parent: int | None = None
    bare: bool = False
    trail: bool = True
    wait_scale: float = 0.01

    @classmethod
    def checked(cls, port: int, accounts: int, **others: object) -> "Options":
        """The options, or OptionsError when a number is out of range."""
        if not 0 <= port <= 65_535:
            raise OptionsError(f"--port must be between 0 and 65535, not {port}")
        if not 0 <= accounts <= 1_000:
            raise OptionsError(f"--accounts must be between 0 and 1000, not {accounts}")
        if not 0 <= float(str(others.get("wait_scale", 0))) <= 1:
            raise OptionsError(f"--wait-scale must be between 0 and 1, not {others['wait_scale']}")
        return cls(port, accounts, **others)  # type: ignore[arg-type]


def region_list(text: str) -> tuple[str, ...]:
    """Regions separated by commas; OptionsError if one does not look like a Region."""
    regions = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    wrong = [region for region in regions if not REGION.fullmatch(region)]
    if wrong or not regions:
        raise OptionsError(f"--regions takes names like us-east-1,eu-west-1, not {text!r}")
    return regions
