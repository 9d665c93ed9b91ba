"""EventBridge's matching of patterns, for just the operators that Muster's patterns use."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from generator.problems import ProblemError

_OPERATORS = ("prefix", "suffix", "wildcard", "anything-but", "exists", "equals-ignore-case")


class PatternError(ProblemError):
    """A pattern with an operator or a form that Muster does not generate."""


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether an event pattern matches an event (EventBridge guide, "comparison operators")."""
    return all(
        any(matches(branch, event) for branch in wanted) if key == "$or" else _field_matches(wanted, event, key)
        for key, wanted in pattern.items()
    )


def _field_matches(wanted: Any, event: Mapping[str, Any], key: str) -> bool:
    value = event.get(key)
    if isinstance(wanted, Mapping):
        holders = value if isinstance(value, list) else [value]
        return any(matches(wanted, one if isinstance(one, Mapping) else {}) for one in holders or [{}])
    if not isinstance(wanted, list):
        raise PatternError(f"{key}: a pattern's field holds a list or an object, not {wanted!r}")
    present = key in event and not isinstance(value, Mapping)
    values = value if isinstance(value, list) else [value]
    return any(_matches_one(test, values if present else []) for test in wanted)


def _matches_one(test: Any, values: list[Any]) -> bool:
    if not isinstance(test, Mapping):
        return any(_is_same(test, value) for value in values)
    if len(test) != 1:
        raise PatternError(f"an operator has one key, not {test!r}")
    (operator, operand), *_ = test.items()
    if operator == "exists":
        return bool(values) is operand
    if operator not in _OPERATORS:
        raise PatternError(f"operator {operator!r} is none of {', '.join(_OPERATORS)}")
    if operator == "anything-but":
        return any(_is_none_of(operand, value) for value in values)
    return any(_text_matches(operator, operand, value) for value in values)


def _text_matches(operator: str, operand: Any, value: Any) -> bool:
    if not isinstance(operand, str):
        raise PatternError(f"{operator} takes a text, not {operand!r}")
    if not isinstance(value, str):
        return False
    if operator == "equals-ignore-case":
        return value.lower() == operand.lower()
    if operator == "wildcard":
        return _glob(operand).fullmatch(value) is not None
    return value.startswith(operand) if operator == "prefix" else value.endswith(operand)


@lru_cache(maxsize=256)
def _glob(wildcard: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, wildcard.split("*"))), re.DOTALL)


def _is_none_of(operand: Any, value: Any) -> bool:
    if not isinstance(operand, Mapping):
        return not any(_is_same(one, value) for one in (operand if isinstance(operand, list) else [operand]))
    if len(operand) != 1 or next(iter(operand)) not in _OPERATORS[:2]:
        raise PatternError(f"anything-but knows prefix and suffix, not {operand!r}")
    (operator, refused), *_ = operand.items()
    listed = refused if isinstance(refused, list) else [refused]
    return not any(_text_matches(operator, one, value) for one in listed)


def _is_same(wanted: Any, value: Any) -> bool:
    """Whether two JSON values are one; true is not 1."""
    return bool(wanted == value) and (type(wanted) is type(value) or _are_numbers(wanted, value))


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(one, int | float) and not isinstance(one, bool) for one in values)
