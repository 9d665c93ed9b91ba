"""What differs between two templates, resource by resource, property by property."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

_LONGEST = 60


class Difference(BaseModel):
    """One difference of two templates; a property's `path` is dotted, texts are JSON cut to what a line holds."""

    action: str
    resource: str
    kind: str
    path: str = ""
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        """Return it as a person reads it: `~ Detector (AWS::Lambda::Function) MemorySize: 512 → 1024`."""
        sign = {"create": "+", "remove": "-"}.get(self.action, "~")
        change = f" {self.path}: {self.before or 'nothing'} → {self.after or 'nothing'}" if self.path else ""
        return f"{sign} {self.resource} ({self.kind}){change}"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return what an update from one template to the other changes, by logical id."""
    old, new = before.get("Resources", {}), after.get("Resources", {})
    found = [one for title in sorted({*old, *new}) for one in _of(title, old.get(title), new.get(title))]
    rest = [name for name in sorted({*before, *after} - {"Resources"}) if before.get(name) != after.get(name)]
    return [*found, *(Difference(action="update", resource=name, kind="template") for name in rest)]


def _of(title: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Iterator[Difference]:
    if old is None or new is None:
        one = old or new or {}
        yield Difference(action="remove" if new is None else "create", resource=title, kind=one["Type"])
        return
    for path, was, becomes in _changed(_flat(old), _flat(new)):
        yield Difference(
            action="update",
            resource=title,
            kind=new["Type"],
            path=path,
            before=_short(was),
            after=_short(becomes),
        )


def _flat(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource with its properties beside its other attributes: people do not say `Properties`."""
    return {**{name: held for name, held in resource.items() if name != "Properties"}, **resource.get("Properties", {})}


def _changed(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield path, old and new value of what differs; of lists of other lengths, the entries that one of them lacks."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            yield from _changed(old.get(name), new.get(name), f"{path}.{name}" if path else name)
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) == len(new):
            for number, (was, becomes) in enumerate(zip(old, new, strict=True)):
                yield from _changed(was, becomes, f"{path}[{number}]")
        else:
            yield path, [one for one in old if one not in new] or None, [one for one in new if one not in old] or None
    elif old != new:
        yield path, old, new


def _short(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 + 1 :]}"
