"""The one door through which MiniStack's attributes are replaced: pinned, and checked before anything changes."""

import importlib.metadata
import inspect
from types import ModuleType
from typing import Any

PINNED = "1.5.33"


class PatchError(RuntimeError):
    """MiniStack is not the version that this layer was written for."""


def check_version() -> None:
    """Refuse any other MiniStack than the pinned one: the patches below read its private parts."""
    found = importlib.metadata.version("ministack")
    if found != PINNED:
        raise PatchError(f"localorg is written for ministack {PINNED}, found {found}")


def replace(owner: ModuleType | type, name: str, value: Any, *needles: str) -> Any:
    """Put `value` in the place of `owner.name` and return the original.

    `needles` are source fragments that the patch relies on; PatchError if the original lacks one of them.
    """
    original = require(owner, name, *needles)
    setattr(owner, name, value)
    return original


def require(owner: ModuleType | type, name: str, *needles: str) -> Any:
    """The attribute `owner.name`; PatchError if it is gone or its source lacks one of `needles`."""
    original = getattr(owner, name, None)
    if original is None:
        raise PatchError(f"{owner.__name__}.{name} is gone")
    source = inspect.getsource(original) if needles else ""
    missing = [needle for needle in needles if needle not in source]
    if missing:
        raise PatchError(f"{owner.__name__}.{name} no longer contains {missing}")
    return original
