"""What the catalogue says about a detection, for those who show findings: read from the generated `detections.json`."""

from functools import cache
from importlib.resources import files

import msgspec

from contract.finding import Mode, Severity

ATTEMPTED = ".attempted"


class DetectionText(msgspec.Struct, frozen=True, kw_only=True):
    """A detection in words. `cis` is the control's number by version of CIS AWS Foundations Benchmark."""

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
    """Return the words of a detection, also of its attempt; nothing for an id that is not in the catalogue."""
    return _texts().get(detection_id.removesuffix(ATTEMPTED))


@cache
def _texts() -> dict[str, DetectionText]:
    written = files("contract").joinpath("detections.json").read_bytes()
    return {one.id: one for one in msgspec.json.decode(written, type=list[DetectionText])}
