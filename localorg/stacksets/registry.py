"""The organization's stack sets by name."""

from localorg.stacksets.model import StackSet
from localorg.stacksets.wire import StackSetError

SETS: dict[str, StackSet] = {}


def is_latest(one: StackSet) -> bool:
    """Whether an operation's copy of a stack set still says what the stack set says now."""
    now = SETS[one.name]
    return one.definition == now.definition


def find(name: str) -> StackSet:
    """The stack set with this name or id; StackSetError if there is none."""
    found = SETS.get(name.partition(":")[0])
    if found is None or name not in (found.name, found.id):
        raise StackSetError("StackSetNotFoundException", f"StackSet {name} not found")
    return found
