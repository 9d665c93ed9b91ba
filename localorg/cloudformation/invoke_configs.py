"""A function's asynchronous settings: without a qualifier they are those of $LATEST, and the other way round."""

from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

from localorg import patches

Call = Callable[..., Any]


def install() -> None:
    """Make the API treat the two names of the unpublished version as one."""
    for name in ("_get_event_invoke_config", "_put_event_invoke_config", "_delete_event_invoke_config"):
        original = patches.require(lambda_svc, name, "qualifier")
        patches.replace(lambda_svc, name, _of_latest(original))


def _of_latest(call: Call) -> Call:
    def answer(name: str, qualifier: str | None = None, *data: Any) -> Any:
        return call(name, None if qualifier == "$LATEST" else qualifier, *data)

    return answer
