"""What is wrong with some settings, in words: pydantic's errors as sentences with the mend."""

import difflib
import json
import re
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ValidationError

from generator.settings.section import TAG, Location
from generator.settings.tables import keyed_kinds, keyed_section, section_of, sentence, setting
from generator.settings.words import allowed

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Mistake(NamedTuple):
    """One thing that is wrong: where and what, with the mend."""

    location: Location
    text: str

    @property
    def line(self) -> str:
        """The field and what is wrong with it."""
        return f"{dotted(self.location)}: {self.text}" if self.location else self.text


def mistakes(error: ValidationError, model: type[BaseModel]) -> list[Mistake]:
    """Return what an error of `model` says, in words."""
    errors = error.errors(include_url=False)
    # A misspelt key also leaves the right one missing: the misspelling is the cause.
    misspelt = {(*one["loc"][:-1], _near(one["loc"], model)) for one in errors if one["type"] == "extra_forbidden"}
    # And a wrong item leaves its list too short.
    lists = {one["loc"][:-1] for one in errors}
    effects = {"missing": misspelt, "too_short": lists}
    causes = [one for one in errors if one["loc"] not in effects.get(one["type"], ())]
    return [Mistake(_written(one["loc"]), _said(one, model)) for one in causes]


def _written(location: Location) -> Location:
    """Return a location as the file has it: without the tag by which pydantic chose among the kinds of a table."""
    return tuple(one for one in location if not str(one).startswith(TAG))


def dotted(location: Location) -> str:
    """Return a location as TOML would write it: `overrides[2].accounts`, `detections."iam.user_created".mode`."""
    return "".join(map(_step, location)).removeprefix(".")


def _step(part: int | str) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part if _BARE_KEY.fullmatch(part) else json.dumps(part, ensure_ascii=False)}"


def _said(error: Any, model: type[BaseModel]) -> str:
    location: Location = error["loc"]
    match error["type"]:
        case "rule":
            return str(error["msg"])
        case "value_error":
            return str(error["ctx"]["error"])
        case "extra_forbidden":
            return _unknown(location, model)
        case "missing":
            return f"is missing; add {_missing(location, model)}"
    quoted = ", in quotes" if error["type"] == "string_type" else ""
    return f"{_shown(error['input'])} cannot be used; write {_wanted(location, model)}{quoted}"


def _unknown(location: Location, model: type[BaseModel]) -> str:
    near = _near(location, model)
    mend = f"did you mean {near}?" if near else "remove it."
    return f"is no setting; {mend} Allowed here: {', '.join(_known(location, model))}"


def _known(location: Location, model: type[BaseModel]) -> list[str]:
    holder = _model_at(location[:-1], model)
    return sorted(holder.model_fields) if holder else []


def _near(location: Location, model: type[BaseModel]) -> str:
    return next(iter(difflib.get_close_matches(str(location[-1]), _known(location, model), n=1)), "")


def _missing(location: Location, model: type[BaseModel]) -> str:
    holder = _model_at(location[:-1], model)
    assert holder is not None
    field = holder.model_fields[str(location[-1])]
    if section_of(field.annotation):
        return f"the table [{dotted(_written(location))}]: {field.description}"
    return f"it: {sentence(field.description or '')} ({allowed(field.annotation, field.metadata)})"


def _wanted(location: Location, model: type[BaseModel]) -> str:
    """Return what may stand at a location."""
    is_item = isinstance(location[-1], int)
    names = location[:-1] if is_item else location
    holder = _model_at(names[:-1], model)
    field = holder.model_fields.get(str(names[-1])) if holder else None
    if not field:
        return f"a table: [{dotted(names)}]"
    is_list = get_origin(field.annotation) is tuple
    if section_of(field.annotation):
        return f"[[{dotted(names)}]], a table for each" if is_list else f"a table: [{dotted(names)}]"
    if is_item:
        return allowed(get_args(field.annotation)[0])
    words = allowed(field.annotation, field.metadata)
    return f"a list, such as {json.dumps(setting(str(names[-1]), field).example)}: {words}" if is_list else words


def _model_at(location: Location, model: type[BaseModel]) -> type[BaseModel] | None:
    """Return the model of the table at a location, None where there is none."""
    found: type[BaseModel] | None = model
    kinds: dict[str, type[BaseModel]] = {}
    for part in location:
        if str(part).startswith(TAG):
            found = kinds.get(str(part))
        elif isinstance(part, str) and found is not None:
            field = found.model_fields.get(part)
            kinds = {} if field else keyed_kinds(found)
            found = section_of(field.annotation) if field else keyed_section(found)
    return found


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
