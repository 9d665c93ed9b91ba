"""What a part is made of: its name, and the calls that it still needs."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from generator.rollout.step import RolloutError, Step

# A service's name and a Region → its client.
Clients = Callable[[str, str], Any]
_DELEGATE = "of muster.toml asks for it; where the hub is not its administrator, the management account runs"
_REASONS = 3
# Inspector's words for what is on or coming already (Inspector API, FailedAccount).
_NO_FAILURES = {"ALREADY_ENABLED", "ENABLE_IN_PROGRESS"}


class Call(NamedTuple):
    """A call that changes something, in boto3's words."""

    client: Any
    operation: str
    arguments: dict[str, Any]


class Part(NamedTuple):
    """One thing that should be so, and the setting that asks for it.

    `needs` reads what is there and returns the calls that make it so, of which none waits for another.
    """

    what: str
    needs: Callable[[], list[Call]]
    setting: str = ""


def done(parts: Iterable[Part]) -> Iterator[Step]:
    """Make each part so; what fails, be it one call of a part, stops no other."""
    for part in parts:
        try:
            calls = part.needs()
        except RolloutError as error:
            yield Step(part.what, "failed", str(error))
        except (BotoCoreError, ClientError) as error:
            yield _failed(part, [str(error)])
        else:
            reasons = [reason for call in calls for reason in _made(call)]
            yield _failed(part, reasons) if reasons else Step(part.what, "enabled" if calls else "unchanged")


def lacking(parts: Iterable[Part]) -> Iterator[str]:
    """Yield what is not so yet; what cannot be read before the parts in front of it are is not so either."""
    for part in parts:
        try:
            is_so = not part.needs()
        except (BotoCoreError, ClientError, RolloutError):
            is_so = False
        if not is_so:
            yield part.what


def _failed(part: Part, reasons: list[str]) -> Step:
    more = f" (and {len(reasons) - _REASONS} more)" if len(reasons) > _REASONS else ""
    return Step(
        part.what, "failed", f"{'; '.join(reasons[:_REASONS])}{more}; {part.setting} {_DELEGATE} `muster delegate`"
    )


def _made(call: Call) -> list[str]:
    """Make a call; return why it failed, or for which accounts, which Inspector says in a good answer."""
    try:
        answer = getattr(call.client, call.operation)(**call.arguments)
    except (BotoCoreError, ClientError) as error:
        return [str(error)]
    refused = [one for one in answer.get("failedAccounts", ()) if one["errorCode"] not in _NO_FAILURES]
    return [f"{one['accountId']}: {one['errorCode']} {one['errorMessage']}" for one in refused]


def code_of(error: ClientError) -> str:
    """Return AWS's code of an error."""
    return str(error.response["Error"]["Code"])
