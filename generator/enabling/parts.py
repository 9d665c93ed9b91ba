"""What a part is made of: its name, and the calls that it still needs."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from generator.rollout.step import Step

# A service's name and a Region → its client.
Clients = Callable[[str, str], Any]
_DELEGATE = "where the hub is not its administrator, the management account runs `muster delegate`"


class Call(NamedTuple):
    """A call that changes something, in boto3's words."""

    client: Any
    operation: str
    arguments: dict[str, Any]


class Part(NamedTuple):
    """One thing that should be so; `needs` reads what is there and returns the calls that make it so."""

    what: str
    needs: Callable[[], list[Call]]


def done(parts: Iterable[Part]) -> Iterator[Step]:
    """Make each part so; one that fails stops no other."""
    for part in parts:
        try:
            calls = part.needs()
            for call in calls:
                getattr(call.client, call.operation)(**call.arguments)
        except (BotoCoreError, ClientError) as error:
            yield Step(part.what, "failed", f"{error}; {_DELEGATE}")
        else:
            yield Step(part.what, "enabled" if calls else "unchanged")


def lacking(parts: Iterable[Part]) -> Iterator[str]:
    """Yield what is not so yet; what cannot be read before the parts in front of it are is not so either."""
    for part in parts:
        try:
            is_so = not part.needs()
        except (BotoCoreError, ClientError):
            is_so = False
        if not is_so:
            yield part.what


def code_of(error: ClientError) -> str:
    """Return AWS's code of an error."""
    return str(error.response["Error"]["Code"])
