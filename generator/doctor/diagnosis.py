"""What a check looks at, and what it says."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec
from pydantic import BaseModel

from generator.config import Config


class State(StrEnum):
    """How something is: a warning needs a look, only a failure keeps Muster from working."""

    WELL = "well"
    WARNING = "warning"
    FAILED = "failed"


class Verdict(msgspec.Struct, frozen=True):
    """How it is, what was found, and the mend: a command or a setting."""

    state: State
    detail: str
    mend: str = ""


class Diagnosis(BaseModel):
    """A check's verdict under the check's name."""

    name: str
    state: State
    detail: str
    mend: str = ""


class Hub(msgspec.Struct, frozen=True):
    """The hub as it is to be: the settings, and how to get a client of its account, in the home Region or another."""

    config: Config
    clients: Callable[..., Any]

    def client(self, service: str, region: str = "") -> Any:
        """Return a client of the hub account."""
        return self.clients(service, region_name=region or self.config.aws.home_region)


Check = Callable[[Hub], Verdict]


def well(detail: str) -> Verdict:
    """Say that nothing is to be done."""
    return Verdict(State.WELL, detail)


def warning(detail: str, mend: str = "") -> Verdict:
    """Say that somebody may want to look."""
    return Verdict(State.WARNING, detail, mend)


def failed(detail: str, mend: str) -> Verdict:
    """Say that Muster will not work so."""
    return Verdict(State.FAILED, detail, mend)
