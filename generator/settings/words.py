"""A setting's type and what it may be, in words."""

import json
from collections.abc import Iterable, Sequence
from enum import Enum
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import MaxLen, MinLen

from generator.settings.kinds import Form


def kind(annotation: Any) -> str:
    """Return a type as people who write TOML call it."""
    plain = _plain(annotation)
    if get_origin(plain) is tuple:
        return f"list of {kind(get_args(plain)[0])}s"
    if plain is bool:
        return "true or false"
    return "number" if isinstance(plain, type) and issubclass(plain, int) else "text"


def allowed(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    """Return what is allowed; `metadata` is what stands beside the annotation."""
    facts = [*metadata, *_facts(annotation)]
    plain = _plain(annotation)
    if get_origin(plain) is tuple:
        return _list(get_args(plain)[0], facts)
    if form := _form(facts):
        return form.one
    if plain is bool:
        return "true or false"
    return either(choices(plain)) or "any text"


def choices(annotation: Any) -> list[Any]:
    """Return the values of an enumeration, as TOML holds them; empty for anything else."""
    plain = _plain(annotation)
    if get_origin(plain) is Literal:
        return [*get_args(plain)]
    return [one.value for one in plain] if isinstance(plain, type) and issubclass(plain, Enum) else []


def either(values: Sequence[Any]) -> str:
    """Return values as a choice: "live", "monitor" or "off"."""
    texts = [json.dumps(one) for one in values]
    return " or ".join([", ".join(texts[:-1]), *texts[-1:]] if texts[1:] else texts)


def _list(item: Any, facts: Iterable[Any]) -> str:
    form = _form(_facts(item))
    many = form.many if form else f"each {either(choices(item))}"
    least = next((one.min_length for one in facts if isinstance(one, MinLen)), 0)
    most = next((one.max_length for one in facts if isinstance(one, MaxLen)), None)
    return f"{least} to {most} {many}" if most else many


def _form(facts: Iterable[Any]) -> Form | None:
    return next((one for one in facts if isinstance(one, Form)), None)


def _facts(annotation: Any) -> tuple[Any, ...]:
    """Return what is annotated, of an optional value too."""
    if get_origin(annotation) is Annotated:
        return tuple(annotation.__metadata__)
    parts = get_args(annotation)
    return tuple(fact for one in parts for fact in _facts(one)) if NoneType in parts else ()


def _plain(annotation: Any) -> Any:
    """Return a type without what is annotated and without None."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    left = [one for one in get_args(annotation) if one is not NoneType]
    is_optional = NoneType in get_args(annotation)
    return _plain(left[0]) if is_optional and len(left) == 1 else annotation
