"""What a detection's findings mean, in a few words."""

from contract.catalogue import ATTEMPTED, describe


def title(detection: str) -> str:
    """Return a detection's own first sentence; the id of another product's control."""
    known = describe(detection.removesuffix(ATTEMPTED))
    if known is None:
        return detection
    words = known.what.partition("\n")[0].rstrip(".")
    return f"Tried and refused: {words}" if detection.endswith(ATTEMPTED) else words
