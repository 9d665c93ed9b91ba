"""A function's settings: a typed reading of its environment, which the generator writes from the same fields."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """Base of every function's settings: one field an environment variable, its name in upper case."""


class SettingsError(ValueError):
    """The environment lacks a variable or holds one of the wrong form."""


SettingsT = TypeVar("SettingsT", bound=Settings)


def read_settings(model: type[SettingsT], environment: Mapping[str, str]) -> SettingsT:
    """Return the settings that the environment holds; `SettingsError` names the variable at fault."""
    try:
        return msgspec.convert(dict(environment), model, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{model.__name__}: environment variable: {error}") from error


def variable_names(model: type[Settings]) -> dict[str, bool]:
    """Return the environment variables of a settings model: name → whether it must be set."""
    return {field.encode_name: field.required for field in msgspec.structs.fields(model)}
