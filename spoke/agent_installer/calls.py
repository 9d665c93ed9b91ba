"""Calls of AWS that are refused because there are too many: the state machine tries them again later."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

_TOO_MANY = {
    *("Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "RequestThrottled"),
    *("TooManyRequestsException", "ExecutionLimitExceeded", "RateExceeded", "SlowDown"),
}


class ThrottledError(Exception):
    """A service is asked too often; the state machine's retry for this name waits longer and at random."""


@contextmanager
def throttles_told() -> Iterator[None]:
    """Raise `ThrottledError` in the place of what AWS's services call it."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _TOO_MANY:
            raise ThrottledError(str(error)) from error
        raise
