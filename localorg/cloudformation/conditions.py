"""Conditions know where their stack is: MiniStack resolves parameters in them, and no pseudo parameters."""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import changesets, engine, handlers, stacks

from localorg import patches
from localorg.organization import PARTITION

Evaluate = Callable[[dict[str, Any], dict[str, Any]], dict[str, bool]]


def install() -> None:
    """Replace the evaluation wherever MiniStack imported it by name."""
    original = patches.require(engine, "_evaluate_conditions", 'params[pname]["Value"]', "return pname")
    placed = _placed(original)
    for module in (engine, changesets, handlers, stacks):
        patches.require(module, "_evaluate_conditions")
        patches.replace(module, "_evaluate_conditions", placed)


def _placed(evaluate: Evaluate) -> Evaluate:
    def evaluate_conditions(template: dict[str, Any], params: dict[str, Any]) -> dict[str, bool]:
        here = {"AWS::Region": get_region(), "AWS::AccountId": get_account_id(), "AWS::Partition": PARTITION}
        return evaluate(template, {**params, **{name: {"Value": value} for name, value in here.items()}})

    return evaluate_conditions
