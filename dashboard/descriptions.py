"""What a detection's findings mean, in the catalogue's words."""

from contract.catalogue import DetectionText, describe

_ATTEMPTED = ".attempted"


def described(detection: str) -> DetectionText | None:
    """Return the text of a detection, also for its attempts; None for other products' findings."""
    return describe(detection.removesuffix(_ATTEMPTED))


def title(detection: str) -> str:
    """Return a detection in a few words: its own first sentence, else its id."""
    known = described(detection)
    if known is None:
        return detection
    words = known.what.partition("\n")[0].rstrip(".")
    return f"Attempted: {words}" if detection.endswith(_ATTEMPTED) else words
