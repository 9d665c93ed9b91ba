"""What of the settings people may look at in the dashboard, as the hub stores it."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from pydantic import BaseModel
from troposphere import Template

from contract.names import VERSION
from generator.config import Config
from generator.costs import account_costs, standing_costs, total
from generator.dead_letters import dead_letter_queues
from generator.functions import FUNCTIONS
from generator.hub_stack import hub_stack
from generator.routing import channels_of, routing_of
from generator.settings.aws import Target
from hub.notifier.routing import Route
from hub.store.deployed import Channel, DeadLetters, Deployed, DeployedRoute, Section, Setting

# Of the machine that deploys: no business of those who look.
_PRIVATE = ("profile", "management_profile", "config_file", "client_secret", "client_secret_file")
# Suppressions are stored by themselves.
_ELSEWHERE = ("suppressions",)
_LONGEST = 300
# A section is an item of at most 400 KB.
_MOST = 400


def written_deployed(config: Config) -> dict[str, Any]:
    """Return `hub/deployed.json`."""
    stack = hub_stack(config, {what.name: f"{what.name}.zip" for what in FUNCTIONS})
    deployed = Deployed(
        version=VERSION,
        dead_letters=tuple(_dead_letters(stack)),
        routes=tuple(_route(one) for one in routing_of(config).routes),
        channels=tuple(_channels(config)),
        archive_engine=_engine(config),
        archive_database=config.names.archive_database if config.archive.enabled else "",
        standing=round(total(standing_costs([*stack.to_dict()["Resources"].values()])), 2),
        prices={one.what: one.price for one in account_costs()},
    )
    written = {"deployed": deployed, "sections": [*sections(config)]}
    return dict(msgspec.to_builtins(written))


def sections(config: Config) -> Iterator[Section]:
    """Yield each table of `muster.toml` with all that holds in it; names of secrets, and never secrets."""
    for name in type(config).model_fields:
        if name in _ELSEWHERE:
            continue
        value = getattr(config, name)
        known = _settings(value, "") if isinstance(value, BaseModel) else _listed(value, "")
        settings = list(known)
        if len(settings) > _MOST:
            settings = [*settings[:_MOST], Setting("…", f"and {len(settings) - _MOST} more")]
        yield Section(name, tuple(settings))


def _settings(table: BaseModel, before: str) -> Iterator[Setting]:
    given = {**{name: getattr(table, name) for name in type(table).model_fields}, **(table.__pydantic_extra__ or {})}
    for name, value in given.items():
        if name in _PRIVATE or value is None:
            continue
        place = f"{before}{name}"
        if isinstance(value, BaseModel):
            yield from _settings(value, f"{place}.")
        elif isinstance(value, tuple) and any(isinstance(one, BaseModel) for one in value):
            yield from _listed(value, place)
        else:
            yield Setting(place, _words(value)[:_LONGEST], name not in table.model_fields_set)


def _listed(values: Any, place: str) -> Iterator[Setting]:
    for number, one in enumerate(values):
        if isinstance(one, BaseModel):
            yield from _settings(one, f"{place}[{number}].")
        else:
            yield Setting(f"{place}[{number}]", _words(one)[:_LONGEST])


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(_words, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {_words(one)}" for name, one in value.items())
    return _words(value.model_dump(mode="json")) if isinstance(value, BaseModel) else str(value)


def _dead_letters(stack: Template) -> Iterator[DeadLetters]:
    for one in dead_letter_queues(stack.resources.values()):
        yield DeadLetters(one.name, one.kind.value, one.handler)


def _channels(config: Config) -> Iterator[Channel]:
    for one in channels_of(config).values():
        kind = type(one).__struct_config__.tag
        messages = getattr(one, "messages_per_hour", 0)
        yield Channel(one.name, str(kind), one.minimum_severity.value, messages)


def _route(one: Route) -> DeployedRoute:
    told = {"name", "channels", "otherwise", "digest", "is_last"}
    said = {name: value for name, value in msgspec.to_builtins(one).items() if name not in told and value}
    conditions = tuple(f"{name.replace('_', ' ')}: {_words(value)}" for name, value in said.items())
    return DeployedRoute(one.name, one.channels, conditions, one.otherwise, one.digest, one.is_last)


def _engine(config: Config) -> str:
    if not config.archive.enabled:
        return ""
    return "duckdb" if config.aws.target is Target.HOST else "athena"
