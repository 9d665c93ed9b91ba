"""CloudFormation's resource schemas, as cfn-lint carries them: whether what an action creates takes tags."""

import importlib.util
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

from generator.problems import BadInputError
from generator.tagger_catalogue.naming import normal, singular

_REGION = "us-east-1"


class Schema(msgspec.Struct, frozen=True):
    """A type's last word in normal form, and whether it takes tags; None: its schema does not say."""

    word: str
    is_taggable: bool | None


class Schemas:
    """The types by the IAM actions of their create handlers, in lower case."""

    def __init__(self, by_action: dict[str, list[Schema]]) -> None:
        """Take the types of each action."""
        self._by_action = by_action

    def is_taggable(self, action: str, noun: str) -> bool:
        """Return whether the type that an action creates takes tags, as far as there is one of the noun's name."""
        meant = singular(normal(noun))
        known = self._by_action.get(action.lower(), [])
        exact = [one for one in known if singular(one.word) == meant]
        near = [one for one in known if singular(one.word) in meant or meant in singular(one.word)]
        return bool((exact or near)[:1] and (exact or near)[0].is_taggable)


def read_schemas() -> Schemas:
    """Read what the installed cfn-lint carries; `BadInputError` when it is not installed."""
    found = importlib.util.find_spec("cfnlint")
    if found is None or not found.origin:
        raise BadInputError("cfn-lint is not installed; run make tagger-catalogue")
    folder = Path(found.origin).parent / "data" / "schemas"
    by_action: dict[str, list[Schema]] = defaultdict(list)
    types = json.loads((folder / "providers" / f"{_REGION}.json").read_text(encoding="utf-8"))
    for name, digest in types.items():
        path = folder / "resources" / f"{digest}.json"
        if not path.is_file():
            continue
        read = json.loads(path.read_text(encoding="utf-8"))
        schema = Schema(normal(name.split("::")[2]), _is_taggable(read))
        for action in read.get("handlers", {}).get("create", {}).get("permissions", []):
            by_action[action.lower()].append(schema)
    return Schemas(by_action)


def _is_taggable(schema: dict[str, Any]) -> bool | None:
    told = (schema.get("tagging") or {}).get("taggable", schema.get("taggable"))
    return told if isinstance(told, bool) else None
