"""Calls of AWS that fail for a while, for there are too many or a service is ill: the state machine tries again."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

_TOO_MANY = {
    *("Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "RequestThrottled"),
    *("TooManyRequestsException", "ExecutionLimitExceeded", "RateExceeded", "SlowDown"),
}
_FAULT = 500


class ThrottledError(Exception):
    """A service is asked too often; the state machine's retry for this name waits longer and at random."""


def is_fault(error: ClientError) -> bool:
    """Whether the service failed, rather than refused."""
    return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] >= _FAULT)


@contextmanager
def throttles_told() -> Iterator[None]:
    """Raise `ThrottledError` in the place of what AWS's services call it."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _TOO_MANY:
            raise ThrottledError(str(error)) from error
        raise
