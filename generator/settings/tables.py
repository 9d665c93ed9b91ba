"""The tables and settings of `muster.toml`, as the model has them: for messages, the first file, and the docs."""

import inspect
from collections.abc import Iterator
from enum import StrEnum
from types import NoneType
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from generator.settings.words import allowed, kind

# What stands for any key of a table whose keys people choose.
EXAMPLE_KEY = "api.unauthorized_burst"


class Presence(StrEnum):
    """How a table may stand in the file."""

    ALWAYS = "always"
    OPTIONAL = "optional"
    REPEATED = "repeated"
    KEYED = "keyed"
    NAMED = "named"


class Setting(NamedTuple):
    """One setting; `default` and `example` are as TOML would hold them, None where there is none."""

    name: str
    what: str
    kind: str
    allowed: str
    default: Any
    example: Any
    is_required: bool


class Table(NamedTuple):
    """One table; `path` leads to it, and for a keyed one ends with an example of the key."""

    path: tuple[str, ...]
    what: str
    presence: Presence
    settings: tuple[Setting, ...]


def tables(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[Table]:
    """Yield the tables below a model, in the order of its fields."""
    for name, field in model.model_fields.items():
        if section := section_of(field.annotation):
            is_kind = section in keyed_kinds(model).values()
            yield from _table(section, (*path, name), Presence.NAMED if is_kind else _presence(field.annotation))
    if keyed := keyed_section(model):
        yield from _table(keyed, (*path, EXAMPLE_KEY), Presence.KEYED)


def _table(section: type[BaseModel], path: tuple[str, ...], presence: Presence) -> Iterator[Table]:
    if settings := tuple(_settings(section)):
        yield Table(path, sentence(inspect.getdoc(section) or ""), presence, settings)
    yield from tables(section, path)


def _settings(section: type[BaseModel]) -> Iterator[Setting]:
    for name, field in section.model_fields.items():
        if not section_of(field.annotation):
            yield setting(name, field)


def setting(name: str, field: FieldInfo) -> Setting:
    """Return a field in words."""
    default = None if field.is_required() else field.default
    return Setting(
        name=name,
        what=sentence(field.description or name),
        kind=kind(field.annotation),
        allowed=allowed(field.annotation, field.metadata),
        default=default,
        example=field.examples[0] if field.examples else default,
        is_required=field.is_required(),
    )


def sentence(text: str) -> str:
    """Return a text with a capital and without a full stop."""
    return text[:1].upper() + text[1:].removesuffix(".")


def section_of(annotation: Any) -> type[BaseModel] | None:
    """Return the model of a table (`Email`, `Email | None`, `tuple[Override, ...]`), None for a single setting."""
    candidates = [annotation, *get_args(annotation)]
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)), None)


def keyed_section(model: type[BaseModel]) -> type[BaseModel] | None:
    """Return the model of the tables whose keys people choose, None where every key is a setting or they have kinds."""
    extra = model.__annotations__.get("__pydantic_extra__")
    chosen = get_args(extra)[1] if extra else None
    return chosen if isinstance(chosen, type) else None


def keyed_kinds(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Return the models of the tables whose keys people choose, by the tag that says which one a table is of."""
    extra = model.__annotations__.get("__pydantic_extra__")
    chosen = get_args(extra)[1] if extra else None
    kinds = () if chosen is None or isinstance(chosen, type) else get_args(get_args(chosen)[0])
    return {tag.tag: section for section, tag in map(get_args, kinds)}


def _presence(annotation: Any) -> Presence:
    if isinstance(annotation, type):
        return Presence.ALWAYS
    return Presence.OPTIONAL if NoneType in get_args(annotation) else Presence.REPEATED
