"""CloudFormation's Query protocol for the StackSets actions, from botocore's model of it."""

from datetime import UTC, datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import botocore.session
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape
from ministack.services.cloudformation.helpers import _error, _p, _xml

from localorg.answers import ApiError, Response

Params = dict[str, Any]


class StackSetError(ApiError):
    """An answer of a StackSets action other than success."""


@cache
def service() -> ServiceModel:
    """Botocore's description of CloudFormation."""
    return botocore.session.get_session().get_service_model("cloudformation")


def request(action: str, params: Params) -> dict[str, Any]:
    """The request's members in boto3's form."""
    shape = service().operation_model(action).input_shape
    return _structure(shape, params, "") if isinstance(shape, StructureShape) else {}


def _structure(shape: StructureShape, params: Params, prefix: str) -> dict[str, Any]:
    names = {name: f"{prefix}{name}" for name in shape.members}
    present = {name: key for name, key in names.items() if _given(params, key)}
    return {name: _value(shape.members[name], params, key) for name, key in present.items()}


def _given(params: Params, key: str) -> bool:
    return key in params or any(name.startswith(f"{key}.") for name in params)


def _value(shape: Shape, params: Params, key: str) -> Any:
    if isinstance(shape, StructureShape):
        return _structure(shape, params, f"{key}.")
    if isinstance(shape, ListShape):
        return _list(shape, params, key)
    text = _p(params, key)
    if shape.type_name == "boolean":
        return text.lower() == "true"
    return _number(key, text) if shape.type_name == "integer" else text


def _list(shape: ListShape, params: Params, key: str) -> list[Any]:
    found: list[Any] = []
    while _given(params, place := f"{key}.member.{len(found) + 1}"):
        found.append(_value(shape.member, params, place))
    return found


def _number(key: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise StackSetError("ValidationError", f"Value '{text}' at '{key}' is not an integer") from None


def response(action: str, result: dict[str, Any]) -> Response:
    """The answer to an action, from its members in boto3's form; None members are left out."""
    operation = service().operation_model(action)
    shape = operation.output_shape
    body = _markup(shape, result) if isinstance(shape, StructureShape) else ""
    wrapped = f"<{action}Result>{body}</{action}Result>"
    made: Response = _xml(200, f"{action}Response", wrapped)
    return made


def _markup(shape: Shape, value: Any) -> str:
    if isinstance(shape, StructureShape):
        members = shape.members
        given = {name: entry for name, entry in value.items() if entry is not None}
        return "".join(f"<{name}>{_markup(members[name], entry)}</{name}>" for name, entry in given.items())
    if isinstance(shape, ListShape):
        return "".join(f"<member>{_markup(shape.member, entry)}</member>" for entry in value)
    if isinstance(value, bool):
        return str(value).lower()
    if shape.type_name == "timestamp":
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return escape(str(value))


def refusal(action: str, error: StackSetError) -> Response:
    """The answer that carries an error, with the status that AWS's model gives it."""
    status = _status(service().operation_model(action), error.code)
    made: Response = _error(error.code, str(error), status)
    return made


def _status(operation: OperationModel, code: str) -> int:
    for shape in operation.error_shapes:
        details = shape.metadata.get("error", {})
        if details.get("code", shape.name) == code:
            return int(details.get("httpStatusCode", 400))
    return 400
