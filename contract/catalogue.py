"""What is said about a detection to those who read findings; `detections.json` is generated from the catalogue."""

from functools import cache
from pathlib import Path

import msgspec

from contract.finding import Mode, Severity

ATTEMPTED = ".attempted"
_WRITTEN = Path(__file__).with_name("detections.json")


class DetectionText(msgspec.Struct, frozen=True, kw_only=True):
    """A detection, or a finding of Muster's own, in words. `cis` is its number by version of the CIS benchmark."""

    id: str
    title: str
    severity: Severity
    mode: Mode
    family: str
    what: str
    false_positives: str
    response: str
    attack: str = ""
    cis: dict[str, str] = {}


def describe(detection_id: str) -> DetectionText | None:
    """Return the words of a detection, or of its refused attempt; nothing for an id that nobody described."""
    known = _texts().get(detection_id.removesuffix(ATTEMPTED))
    return _refused(known) if known and detection_id.endswith(ATTEMPTED) else known


def described() -> list[DetectionText]:
    """Return the words of every detection."""
    return list(_texts().values())


def _refused(deed: DetectionText) -> DetectionText:
    return msgspec.structs.replace(
        deed,
        what=f"Somebody tried this and was refused; nothing changed. Had it gone through: {deed.what}",
        response="Ask the actor what it was for. If nobody knows of it, treat the credentials as stolen: "
        "look for calls of theirs that were not refused, and replace them.",
    )


@cache
def _texts() -> dict[str, DetectionText]:
    return {one.id: one for one in msgspec.json.decode(_WRITTEN.read_bytes(), type=list[DetectionText])}
