"""Messages that a function did not manage come back after their visibility time-out, in scaled seconds.

AWS keeps a failed message invisible for the queue's whole time-out (Lambda developer guide, "Using Lambda with SQS");
five deliveries of a poison message would take a quarter of an hour. Scaled like the asynchronous retries.
"""

import time
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc, sqs

from localorg import patches
from localorg.retries import scaled

_PAUSE_SECONDS = 0.1  # before a failing mapping polls again; MiniStack waits a second


def install() -> None:
    """Take over what follows a batch."""
    run = patches.require(lambda_svc, "_run_sqs_batch", "_esm_backoff_until[esm_id]", "batchItemFailures")
    patches.replace(lambda_svc, "_run_sqs_batch", _shortened(run))
    patches.replace(lambda_svc, "_ESM_BACKOFF_SECONDS", _PAUSE_SECONDS)


def _shortened(run: Callable[..., None]) -> Callable[..., None]:
    def run_batch(*arguments: Any) -> None:
        """As MiniStack calls it: mapping, function, event, batch, queue URL, queue name."""
        try:
            run(*arguments)
        finally:
            _shorten(arguments[3], sqs._queues.get(arguments[4]))

    return run_batch


def _shorten(batch: list[dict[str, Any]], queue: dict[str, Any] | None) -> None:
    """Let what is left of a batch come back after the scaled visibility time-out."""
    if not queue:
        return
    timeout = float(queue["attributes"].get("VisibilityTimeout", 30))
    failed = {message["id"] for message in batch}
    for message in queue["messages"]:
        if message["id"] in failed and message["visible_at"] > time.time():
            message["visible_at"] = time.time() + scaled(timeout)
