"""Which events are forwarded, for very many of them: what the rules do not ask for does not matter to the answer."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from generator.pattern import Rule, forwarded

Path = tuple[str, ...]
_REMEMBERED = 100_000
# What `is_delivered` asks for, beside the patterns.
_ALWAYS: tuple[Path, ...] = tuple(
    ("detail", name) for name in ("eventCategory", "eventName", "eventSource", "managementEvent")
)


class Forwarder:
    """The rules' answers, remembered by the values of just the fields that they look at."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Take the alert rules."""
        self._rules = list(rules)
        asked = {path for rule in self._rules for path in _asked(rule.pattern)}
        self._paths = sorted(asked | set(_ALWAYS))
        self._known: dict[Hashable, str | None] = {}

    def rule_for(self, event: Mapping[str, Any]) -> str | None:
        """Return the name of the first rule that forwards an event, or None; as `forwarded` does."""
        key = self._key(event)
        if key is None:
            return forwarded(self._rules, event)
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = forwarded(self._rules, event)
        return self._known[key]

    def _key(self, event: Mapping[str, Any]) -> Hashable | None:
        """Return what the rules look at, or None when one of it is no single value."""
        values = [_at(event, path) for path in self._paths]
        if any(isinstance(one, dict | list) for one in values):
            return None
        # True is not 1 to EventBridge, and is to Python.
        return tuple((type(one), one) for one in values)


class _Absent:
    """What is not there, other than null."""


def _asked(pattern: Mapping[str, Any], above: Path = ()) -> Iterator[Path]:
    for key, wanted in pattern.items():
        if key == "$or":
            yield from (path for branch in wanted for path in _asked(branch, above))
        elif isinstance(wanted, Mapping):
            yield from _asked(wanted, (*above, key))
        else:
            yield (*above, key)


def _at(event: Mapping[str, Any], path: Path) -> Any:
    held: Any = event
    for name in path:
        if isinstance(held, list):
            return held
        if not isinstance(held, dict) or name not in held:
            return _Absent
        held = held[name]
    return held
