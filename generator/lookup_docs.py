"""What people read about the look-ups: who asks them, what they read and what they make of a finding."""

from collections.abc import Iterator

from generator.markdown import row
from hub.detections.catalogue import DETECTIONS
from hub.lookups.catalogue import LOOKUPS
from hub.lookups.lookup import Lookup

LOOKUPS_HEADING = """\
## Look-ups

Where the event alone does not decide, the finding comes at once, "unconfirmed"; then the hub reads in the account,
through the role `muster-read`, and confirms it, changes its severity or closes it. What may not be read leaves it
unconfirmed, with the reason (`hub/lookups/`, [ADR 25](adr/0025-look-ups.md)).
"""
_COLUMNS = ("look-up", "asked by", "what it makes of the finding", "what it reads")


def lookup_rows() -> Iterator[str]:
    """Yield the rows of the look-ups' table."""
    yield row(_COLUMNS)
    yield row("---" for _ in _COLUMNS)
    for name, one in LOOKUPS.items():
        yield row(_cells(name, one))


def _cells(name: str, one: Lookup) -> list[str]:
    asking = [f"[`{each.id}`](#{each.id.replace('.', '')})" for each in DETECTIONS if each.lookup == name]
    return [name, ", ".join(asking), one.doc, ", ".join(f"`{action}`" for action in sorted(one.actions))]
