"""Dead letters of asynchronous calls: the function is called again, a parked report goes to the hub."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from contract.clock import iso
from generator.recovery.letters import Letter, RefusedError
from spoke.heartbeat.custom_resource import is_request

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_ENTRY = {"Source", "DetailType", "Detail", "EventBusName"}


def call_again(letter: Letter, function: str, client: "LambdaClient") -> None:
    """Call a function with what it was called with; `RefusedError` when the message is another function's."""
    payload = json.dumps(request_of(letter.content, function)).encode()
    client.invoke(FunctionName=function, InvocationType="Event", Payload=payload)


def request_of(content: Mapping[str, Any], function: str) -> Any:
    """Return what a function was called with: a rule's event, or the request in Lambda's record of the failure.

    Of a stack's request only the function's own work is left: nobody waits for its answer any more.
    """
    request = content
    if "requestContext" in content:
        check_function(content, function)
        request = content.get("requestPayload", {})
    return {} if isinstance(request, Mapping) and is_request(request) else request


def check_function(record: Mapping[str, Any], function: str) -> None:
    """Raise `RefusedError` when Lambda's record of a failure is about another function."""
    # arn:partition:lambda:region:account:function:name[:qualifier]
    parts = str(record["requestContext"].get("functionArn")).split(":")
    if function not in parts[6:7]:
        raise RefusedError(f"it is about {':'.join(parts)}, not about {function}")


def is_report(content: Mapping[str, Any]) -> bool:
    """Return whether a message is a report that the hub's bus refused, as `spoke.reports.park` left it."""
    return content.keys() == _ENTRY


def send_report(letter: Letter, account: str, bus_region: str, send: Callable[[str], Any]) -> None:
    """Send a parked report to the hub in the form in which its rule would have delivered it.

    The bus takes reports from the spokes' own roles only, which nobody else may assume; the report says that it is of
    `account`, whose queue it lay in.
    """
    entry = letter.content
    try:
        detail = json.loads(entry["Detail"])
    except (TypeError, ValueError):
        raise RefusedError("its Detail is no JSON") from None
    event = {
        "version": "0",
        "id": letter.id,
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": account,
        "time": iso(letter.sent_at),
        "region": bus_region,
        "resources": [],
        "detail": detail,
    }
    send(json.dumps(event))
