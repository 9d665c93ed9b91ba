"""A table of `muster.toml`, and how it refuses what no single setting can tell."""

from collections.abc import Iterable, Iterator
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

Location = tuple[int | str, ...]
Broken = tuple[Location, str]
# Begins the tag by which pydantic chooses among the kinds of a table; it stands in the places of errors.
TAG = "type="


class Section(BaseModel):
    """A table of `muster.toml`: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    def broken_rules(self) -> Iterator[Broken]:
        """Yield what is wrong although each setting is right by itself: where below this table, and the mend."""
        yield from ()

    @model_validator(mode="after")
    def _keeps_its_rules(self) -> Self:
        refuse(type(self), [*_repeated(self), *self.broken_rules()])
        return self


def refuse(model: type[BaseModel], broken: Iterable[Broken]) -> None:
    """Raise one `ValidationError` with all broken rules, if there are any."""
    errors = [
        InitErrorDetails(type=PydanticCustomError("rule", "{text}", {"text": text}), loc=where, input=text)
        for where, text in broken
    ]
    if errors:
        raise ValidationError.from_exception_data(model.__name__, errors)


def _repeated(section: Section) -> Iterator[Broken]:
    for name in type(section).model_fields:
        values = getattr(section, name)
        if isinstance(values, tuple):
            yield from (
                ((name, place), f"{one} is listed twice; remove one")
                for place, one in enumerate(values)
                if one in values[:place] and not isinstance(one, Section)
            )
