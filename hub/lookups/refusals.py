"""What a refused read means: it will never work, or it will another time."""

import re

from botocore.exceptions import ClientError

_PASSING = re.compile(r"Throttl|TooManyRequests|LimitExceeded|SlowDown|Unavailable|Internal|Timeout|Expired")
_SERVER_ERRORS = 500


def code_of(error: ClientError) -> str:
    """Return AWS's code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_passing(error: ClientError) -> bool:
    """Whether the service was busy or broken, so that the same read may work later."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= _SERVER_ERRORS or bool(_PASSING.search(code_of(error)))
