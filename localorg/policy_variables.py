"""Policy variables: `${aws:PrincipalAccount}` in a policy is the caller's account; MiniStack takes them literally.

IAM guide, "Policy elements: Variables and tags".
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from ministack.core import iam_evaluator

from localorg import patches

VARIABLE = re.compile(r"\$\{([^}]*)\}")
# What IAM writes for characters that would be read as wildcards or variables; the evaluator cannot tell them apart.
LITERALS = frozenset({"*", "?", "$"})

FirstMatch = Callable[[Any, list[Any], str], Any]


class UnresolvedError(LookupError):
    """A variable has no value in this request."""


def install() -> None:
    """Fill variables in wherever statements are matched."""
    first_match = patches.require(iam_evaluator, "_first_match", "_resource_matches(ctx.resource_arn, stmt.resources")
    patches.replace(iam_evaluator, "_first_match", _filling(first_match))


def _filling(first_match: FirstMatch) -> FirstMatch:
    def match(context: Any, statements: list[Any], effect: str) -> Any:
        return first_match(context, list(_filled(statements, context)), effect)

    return match


def _filled(statements: list[Any], context: Any) -> Iterator[Any]:
    """Yield the statements with their variables' values; IAM ignores one whose variable it cannot resolve."""
    for one in statements:
        try:
            yield replace(
                one,
                resources=_value(one.resources, context),
                not_resources=_value(one.not_resources, context),
                conditions=_value(one.conditions, context),
            )
        except UnresolvedError:
            continue


def _value(value: Any, context: Any) -> Any:
    if isinstance(value, dict):
        return {name: _value(held, context) for name, held in value.items()}
    if isinstance(value, list):
        return [_value(held, context) for held in value]
    return VARIABLE.sub(lambda found: _resolved(found[1], context), value) if isinstance(value, str) else value


def _resolved(name: str, context: Any) -> str:
    if name in LITERALS:
        return name
    value = iam_evaluator._resolve_condition_key(name, context)
    if not isinstance(value, str):
        raise UnresolvedError(name)
    return value
