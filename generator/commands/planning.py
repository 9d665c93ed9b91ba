"""Shows what a deploy would change."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.console import Console

from generator.rollout.comparison import Change
from generator.rollout.difference import Difference

_SIGNS = {"create": "+", "update": "~", "remove": "-"}
_COLOURS = {"create": "green", "update": "yellow", "remove": "red"}
# A first rollout to a thousand accounts is a number, not a thousand lines; `--json` has them all.
_MOST_ALIKE = 20
_MOST_OF_A_RESOURCE = 4


def show_plan(found: Sequence[Change]) -> None:
    """Print the changes in their order, with what differs in each template, and how many there are."""
    console = Console(highlight=False, soft_wrap=True)
    if not found:
        console.print("Nothing would change.")
        return
    shown: list[list[Difference]] = []
    for one in _cut(found):
        line = f"{_SIGNS[one.action]} {one.what}  {one.detail}".rstrip()
        console.print(line, style=_COLOURS[one.action], markup=False)
        for text in ["as above"] if one.differences in shown else _lines(one.differences):
            console.print(f"    {text}", markup=False)
        shown += [one.differences] if one.differences else []
    counts = [f"{sum(one.action == action for one in found)} to {action}" for action in _SIGNS]
    console.print(f"{', '.join(counts)}.")


def _lines(differences: Sequence[Difference]) -> Iterator[str]:
    """Yield a line for each difference; of those of one resource, the first."""
    for _, group in groupby(differences, key=lambda one: one.resource):
        lines = [str(one) for one in group]
        yield from lines[:_MOST_OF_A_RESOURCE]
        if len(lines) > _MOST_OF_A_RESOURCE:
            yield f"  and {len(lines) - _MOST_OF_A_RESOURCE} more of it; `--json` lists them"


def _cut(found: Sequence[Change]) -> Iterable[Change]:
    seen: Counter[str] = Counter()
    for one in found:
        is_spoke = one.what.startswith("spoke ")
        seen[one.action] += is_spoke
        if not is_spoke or seen[one.action] <= _MOST_ALIKE:
            yield one
    for action, count in seen.items():
        if count > _MOST_ALIKE:
            yield Change(what=f"and {count - _MOST_ALIKE} spokes more", action=action, detail="`--json` lists them")
