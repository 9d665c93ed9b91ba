"""How much each alert rule carries, on the golden events of the detections."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from generator.pattern import Rule, forwarded, size
from generator.third_party import ROOT

_GOLDEN = ROOT / "tests" / "events"


class RuleReport(BaseModel):
    """An alert rule: how long its pattern is, and which share of the golden events that fire it forwards (0 to 1).

    Without golden events there is no share.
    """

    name: str
    state: str
    characters: int
    share: float | None


def rule_reports(rules: Sequence[Rule], golden: Path = _GOLDEN) -> tuple[RuleReport, ...]:
    """Return a report for each rule."""
    events = [event for path in sorted(golden.glob("*/fires-*.json")) for event in _events(path)]
    return tuple(
        RuleReport(name=one.name, state=one.state, characters=size(one.pattern), share=_share(one, events))
        for one in rules
    )


def unmatched(rules: Iterable[Rule], golden: Path = _GOLDEN) -> list[str]:
    """Return the golden events that fire and that no rule forwards, as `<detection>/<file>`."""
    wanted = list(rules)
    return [
        f"{path.parent.name}/{path.name}"
        for path in sorted(golden.glob("*/fires-*.json"))
        if not all(forwarded(wanted, event) for event in _events(path))
    ]


def _share(rule: Rule, events: Sequence[Mapping[str, Any]]) -> float | None:
    return round(sum(forwarded([rule], one) is not None for one in events) / len(events), 3) if events else None


def _events(path: Path) -> list[dict[str, Any]]:
    held = json.loads(path.read_bytes())
    return held if isinstance(held, list) else [held]
