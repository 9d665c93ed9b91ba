"""The same as commands of the AWS CLI, for people who may not run tools in the management account."""

import json
import shlex
from collections.abc import Iterator

from botocore import xform_name

from generator.config import Config
from generator.delegation.given import configured
from generator.delegation.grants import Call, Grant
from generator.delegation.statement import SID


def commands(config: Config, *, undo: bool = False) -> Iterator[tuple[str, str]]:
    """Yield what each command is for, and the command; none writes over a resource policy that is there already."""
    for grant in reversed(configured(config)) if undo else configured(config):
        if call := _call(grant, config, undo=undo):
            yield grant.what, _withdrawn(call, config) if undo else _given(call, config)


def _call(grant: Grant, config: Config, *, undo: bool) -> Call | None:
    """Return the call where nothing is given yet; of taking back, where just ours is."""
    first = grant.do(())
    if not undo or first is None or grant.undo is None:
        return None if undo else first
    return grant.undo(json.loads(first.arguments["Content"]) if _is_policy(first) else (config.aws.hub_account,))


def _is_policy(call: Call) -> bool:
    return call.operation.endswith("resource_policy")


def _given(call: Call, config: Config) -> str:
    command = _command(call, config)
    if not _is_policy(call):
        return command
    (statement,) = json.loads(call.arguments["Content"])["Statement"]
    advice = f"There is a policy already, as above. Unless it holds it, add this statement: {json.dumps(statement)}"
    return f"if {_look(config)}; then echo {shlex.quote(advice)}; else {command}; fi"


def _withdrawn(call: Call, config: Config) -> str:
    command = _command(call, config)
    if not _is_policy(call):
        return command
    advice = f"Where {SID} is the only Sid: {command}. Else put the policy again without that statement."
    return f"{_look(config)} && echo {shlex.quote(advice)}"


def _look(config: Config) -> str:
    return _command(Call("organizations", "describe_resource_policy", {}), config)


def _command(call: Call, config: Config) -> str:
    options = [word for name, value in call.arguments.items() for word in (f"--{xform_name(name, '-')}", value)]
    operation = call.operation.replace("_", "-")
    return shlex.join(["aws", call.service, operation, *options, "--region", call.region or config.aws.home_region])
