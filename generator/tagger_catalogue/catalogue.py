"""The catalogue's file: one line for each call, so that a change can be read."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from generator.problems import BadInputError
from generator.tagger_catalogue.derivation import Derived
from generator.third_party import ROOT
from spoke.creator_tagger.creation import Catalogue, Created
from spoke.creator_tagger.services import SERVICES

FILE = ROOT / "spoke" / "creator_tagger" / "catalogue.json"
OVERRIDES = Path(__file__).with_name("overrides.toml")


class Override(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a call names what it makes, as people write it."""

    path: str
    template: str = ""
    fallback: str = ""
    also: "Override | None" = None

    def created(self) -> Created:
        """Return it as the catalogue has it."""
        return Created(self.template, self.path, self.fallback, self.also.created() if self.also else None)


class Overrides(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the derivation cannot know."""

    named: dict[str, Override] = {}
    untaggable: dict[str, str] = {}
    no_creations: dict[str, str] = {}


def read_overrides(path: Path = OVERRIDES) -> Overrides:
    """Read the file that people write; `BadInputError` says what is wrong with it."""
    try:
        read = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Overrides)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as error:
        raise BadInputError(f"{path}: {error}") from error
    for call in read.named:
        if call in read.untaggable or call in read.no_creations:
            raise BadInputError(f"{path}: {call} stands in two tables")
    return read


def composed(derived: Mapping[str, Derived], overrides: Overrides) -> Catalogue:
    """Return the catalogue: what the sources say of services that can be tagged, as far as nobody knows better."""
    put_aside = {*overrides.untaggable, *overrides.no_creations}
    trusted = {
        call: one.created
        for call, one in derived.items()
        if one.is_trusted and one.created and call.partition(":")[0] in SERVICES and call not in put_aside
    }
    named = {**trusted, **{call: one.created() for call, one in overrides.named.items()}}
    return Catalogue(
        named=dict(sorted(named.items())),
        untaggable=dict(sorted(overrides.untaggable.items())),
        no_creations=dict(sorted(overrides.no_creations.items())),
    )


def needless(derived: Mapping[str, Derived], overrides: Overrides) -> list[str]:
    """Return the overrides that say what the sources say by now."""
    told = ((call, one.created()) for call, one in overrides.named.items())
    return [call for call, one in told if call in derived and derived[call].is_trusted and derived[call].created == one]


def untold(derived: Mapping[str, Derived], overrides: Overrides) -> list[str]:
    """Return the trusted calls of services that `services.py` cannot tag yet."""
    put_aside = {*overrides.untaggable, *overrides.no_creations}
    return [
        call
        for call, one in derived.items()
        if one.is_trusted and call.partition(":")[0] not in SERVICES and call not in put_aside
    ]


def read_catalogue(path: Path = FILE) -> Catalogue:
    """Read the catalogue as it is."""
    return msgspec.json.decode(path.read_bytes(), type=Catalogue)


def written(catalogue: Catalogue) -> str:
    """Return the catalogue as its file has it."""
    named = {call: _fields(one) for call, one in catalogue.named.items()}
    tables = (("named", named), ("untaggable", catalogue.untaggable), ("no_creations", catalogue.no_creations))
    return "{\n" + ",\n".join(_table(name, table) for name, table in tables) + "\n}\n"


def changes(before: Catalogue, after: Catalogue) -> Iterator[str]:
    """Yield a line for each call that came, went, or is named in another way."""
    for call in sorted({*before.named, *after.named}):
        old, new = before.named.get(call), after.named.get(call)
        if old == new:
            continue
        if old and new:
            yield f"~ {call}: {_fields(old)} -> {_fields(new)}"
        elif new:
            yield f"+ {call}: {_fields(new)}"
        else:
            yield f"- {call}: {_fields(old)}"


def _fields(created: Created | None) -> list[Any]:
    """Return a call's line: template and path, then what there is more."""
    if created is None:
        return []
    fields: list[Any] = [created.template, created.path]
    if created.fallback or created.also:
        fields.append(created.fallback)
    return [*fields, _fields(created.also)] if created.also else fields


def _table(name: str, table: Mapping[str, Any]) -> str:
    lines = [f"{json.dumps(call)}: {json.dumps(value)}" for call, value in table.items()]
    return f'"{name}": {{\n' + ",\n".join(lines) + "\n}"
