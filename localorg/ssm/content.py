"""What an SSM document of type Command says: its parameters, its steps, and what is wrong with it.

Sources: Systems Manager user guide, "SSM document schema features and examples", "Data elements and parameters",
"Command document plugin reference".
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from localorg.answers import ApiError

Values = Mapping[str, list[str]]

SCHEMA = "2.2"
LARGEST = 64 * 1024  # bytes of a document's content
DOWNLOAD, SHELL, POWERSHELL = "aws:downloadContent", "aws:runShellScript", "aws:runPowerShellScript"
# Which platforms a step's action runs on; a document supports those of its scripts.
PLATFORMS = {
    DOWNLOAD: ("Linux", "MacOS", "Windows"),
    SHELL: ("Linux", "MacOS"),
    POWERSHELL: ("Linux", "MacOS", "Windows"),
}
KINDS = ("String", "StringList", "Boolean", "Integer", "MapList", "StringMap")
STEP_NAME = re.compile(r"[a-zA-Z0-9_]{1,128}")
REFERENCE = re.compile(r"\{\{ *([\w.-]+) *\}\}")
# What the agent fills in itself.
_OWN = {"platformType"}


@dataclass(frozen=True)
class Step:
    """One step; `operands` are the two sides of its precondition, which hold the words of the document."""

    name: str
    action: str
    inputs: dict[str, Any]
    operands: tuple[str, ...]

    @property
    def on_failure(self) -> str:
        """`exit`, `successAndExit`, or empty: the next step follows whatever became of this one."""
        return str(self.inputs.get("onFailure") or "")

    @property
    def is_final(self) -> bool:
        """Whether it runs although an earlier step ended the document."""
        return str(self.inputs.get("finallyStep")).lower() == "true"


@dataclass(frozen=True)
class Content:
    """A document's parameters by name, and its steps in order."""

    parameters: dict[str, dict[str, Any]]
    steps: tuple[Step, ...]
    description: str = ""

    @property
    def platforms(self) -> list[str]:
        """The platforms that the document supports."""
        scripts = [step.action for step in self.steps if step.action != DOWNLOAD] or [DOWNLOAD]
        return sorted({platform for action in scripts for platform in PLATFORMS[action]})

    def values(self, given: Mapping[str, Any]) -> dict[str, list[str]]:
        """What each parameter is: as given, else its default; ApiError InvalidParameters for what does not fit."""
        if unknown := sorted(set(given) - set(self.parameters)):
            raise _unfit(f"Parameters {unknown} are not defined in the document.")
        found = {}
        for name, declared in self.parameters.items():
            value = given.get(name, declared.get("default"))
            if value is None:
                raise _unfit(f"Parameter {name} is required and was not given.")
            found[name] = _checked(name, declared, _as_list(value))
        return found


@cache
def parse(text: str) -> Content:
    """Read a document in JSON; ApiError InvalidDocumentContent says what is wrong with it."""
    if len(text.encode()) > LARGEST:
        raise ApiError("MaxDocumentSizeExceeded", "The size limit of a document is 64 KB.")
    try:
        read = json.loads(text)
    except ValueError as error:
        raise _wrong(f"The document is not JSON: {error}") from None
    if not isinstance(read, dict) or str(read.get("schemaVersion")) != SCHEMA:
        raise _wrong(f"only schemaVersion {SCHEMA} is emulated")
    parameters = read.get("parameters") or {}
    for name, declared in parameters.items():
        _check_parameter(name, declared)
    steps = tuple(_step(one) for one in read.get("mainSteps") or ())
    if not steps or len({step.name for step in steps}) < len(steps):
        raise _wrong("mainSteps must hold steps, each with a name of its own")
    _check_references(read["mainSteps"], parameters)
    return Content(parameters, steps, str(read.get("description") or ""))


def filled(value: Any, values: Values) -> Any:
    """A step's input with its references filled in; a text that is one reference to a list becomes the list."""
    if isinstance(value, dict):
        return {name: filled(inner, values) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, values) for inner in value]
    if not isinstance(value, str):
        return value
    whole = REFERENCE.fullmatch(value.strip())
    if whole and len(values.get(whole[1], [])) > 1:
        return list(values[whole[1]])
    return REFERENCE.sub(lambda found: "\n".join(values.get(found[1], [found[0]])), value)


def lacks(step: Step, platform: str, values: Values) -> str:
    """The step's precondition in the agent's words when it does not hold on a platform; else empty."""
    if not step.operands:
        return ""
    known: Values = {**values, "platformType": [platform]}
    named = ["{{platformType}}" if operand == "platformType" else operand for operand in step.operands]
    first, second = (filled(operand, known) for operand in named)
    return "" if first == second else f'"StringEquals": [{", ".join(step.operands)}]'


def _step(given: Any) -> Step:
    if not isinstance(given, dict) or not STEP_NAME.fullmatch(str(given.get("name", ""))):
        raise _wrong(f"a step's name must match {STEP_NAME.pattern}")
    if given.get("action") not in PLATFORMS:
        raise _wrong(f"the action {given.get('action')} of step {given['name']} is not emulated")
    if not isinstance(given.get("inputs"), dict):
        raise _wrong(f"step {given['name']} has no inputs")
    condition = given.get("precondition") or {}
    operands = tuple(condition.get("StringEquals") or ())
    if condition and (set(condition) != {"StringEquals"} or len(operands) != 2):
        raise _wrong(f"the precondition of step {given['name']} must be StringEquals of two values")
    return Step(given["name"], given["action"], given["inputs"], operands)


def _check_parameter(name: str, declared: Any) -> None:
    if not isinstance(declared, dict) or declared.get("type") not in KINDS:
        raise _wrong(f"the type of parameter {name} must be one of {', '.join(KINDS)}")
    try:
        re.compile(str(declared.get("allowedPattern", "")))
    except re.error as error:
        raise _wrong(f"the allowedPattern of parameter {name} is no regular expression: {error}") from None
    if "default" in declared:
        _checked(name, declared, _as_list(declared["default"]), "InvalidDocumentContent")


def _check_references(steps: Any, parameters: Mapping[str, Any]) -> None:
    undefined = {found for found in REFERENCE.findall(json.dumps(steps)) if found not in {*parameters, *_OWN}}
    if undefined:
        raise _wrong(f"the document refers to undefined parameters: {', '.join(sorted(undefined))}")


def _checked(name: str, declared: Mapping[str, Any], values: list[str], code: str = "InvalidParameters") -> list[str]:
    if declared["type"] == "String" and len(values) != 1:
        raise ApiError(code, f"Parameter {name} takes one value.")
    for value in values:
        if reason := _misfit(declared, value):
            raise ApiError(code, f"Parameter {name} {reason}.")
    return values


def _misfit(declared: Mapping[str, Any], value: str) -> str:
    pattern, allowed = declared.get("allowedPattern"), declared.get("allowedValues")
    if declared["type"] == "Integer" and not re.fullmatch(r"-?\d+", value):
        return "must be an integer"
    if declared["type"] == "Boolean" and value.lower() not in {"true", "false"}:
        return "must be true or false"
    if allowed and value not in [str(one) for one in allowed]:
        return f"must be one of {allowed}"
    if pattern and not re.search(pattern, value):
        return f"does not match its allowed pattern {pattern}"
    lengths = int(declared.get("minChars", 0)), int(declared.get("maxChars", LARGEST))
    return "" if lengths[0] <= len(value) <= lengths[1] else f"must have {lengths[0]} to {lengths[1]} characters"


def _as_list(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


def _unfit(message: str) -> ApiError:
    return ApiError("InvalidParameters", message)


def _wrong(message: str) -> ApiError:
    return ApiError("InvalidDocumentContent", message)
