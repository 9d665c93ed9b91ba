"""What a service answered to a call that a stack made."""

import json
from typing import Any


class ResourceError(ValueError):
    """A resource that its service refuses; the message becomes the resource's status reason."""


def checked(response: tuple[int, dict[str, str], bytes]) -> dict[str, Any]:
    """The answer of a JSON API call; ResourceError if it was refused."""
    answer: dict[str, Any] = json.loads(response[2] or b"{}")
    if response[0] >= 400:
        raise ResourceError(str(answer.get("message") or answer.get("Message") or answer))
    return answer
