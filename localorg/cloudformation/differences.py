"""Change sets see what a condition turns on or off."""

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import changesets, engine

from localorg import patches

Resolve = Callable[..., dict[str, Any]]


def install() -> None:
    """Leave resources whose condition does not hold out of both sides of a comparison."""
    needles = ("_evaluate_conditions(template, params)", 'return {"Resources": resolved}')
    original = patches.require(changesets, "_resolve_props_for_diff", *needles)
    patches.replace(changesets, "_resolve_props_for_diff", _conditional(original))


def _conditional(resolve: Resolve) -> Resolve:
    def resolved(template: dict[str, Any], params: dict[str, Any], *others: Any) -> dict[str, Any]:
        found = resolve(template, params, *others)
        holds = engine._evaluate_conditions(template, params) if template else {}
        resources = found.get("Resources", {})
        kept = {name: one for name, one in resources.items() if holds.get(one.get("Condition"), True)}
        return {**found, "Resources": kept}

    return resolved
