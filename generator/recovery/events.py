"""Dead letters of the rules by which a spoke forwards: the hub's consumers get them, as its own rules would have."""

from collections.abc import Callable
from typing import Any

from contract.names import LAMBDA_RESULT, LAMBDA_SOURCE
from generator.matcher import matches
from generator.parts.detecting import JUDGED
from generator.recovery.letters import Letter, RefusedError
from generator.recovery.place import Place


def send_event(letter: Letter, place: Place, judge: Callable[[str], Any], record: Callable[[str], Any]) -> None:
    """Send an event that happened at a place to the detector (`judge`), what Lambda handed over to the recorder.

    `RefusedError` when the hub's bus would not have let it through.

    Nobody may put events of AWS's on a bus again (PutEvents, NotAuthorizedForSourceException). On the bus EventBridge
    vouches for the sender; here the queue's account does, which therefore speaks for itself only.
    """
    event = letter.content
    origin = event.get("account"), event.get("region")
    if origin != (place.account, place.region):
        raise RefusedError(f"it says that it is of {origin[0]} {origin[1]}, whose queue this is not")
    if event.get("source") == LAMBDA_SOURCE and event.get("detail-type") == LAMBDA_RESULT:
        record(letter.body)
        return
    if not matches(JUDGED, event):
        raise RefusedError("neither CloudTrail recorded it nor is it a feed's, and the detector takes nothing else")
    judge(letter.body)
