"""The ids of detections and feeds as people write them, and what is meant by those that nothing has."""

import difflib
from collections.abc import Iterable
from fnmatch import fnmatchcase

from contract.catalogue import ATTEMPTED
from hub.detections.catalogue import DETECTIONS
from hub.detections.native.catalogue import FEEDS
from hub.own_findings import OWN_FINDINGS

IDS = (*(one.id for one in DETECTIONS), *(one.id for one in FEEDS))


def why_unknown(identifier: str, *, also: Iterable[str] = ()) -> str:
    """Return why an id is none that is asked for, with the mend; `also` may be written in its place."""
    if any(fnmatchcase(one.id, identifier) for one in OWN_FINDINGS):
        return "is what Muster finds about itself, which no setting changes; suppress it in the dashboard"
    near = difflib.get_close_matches(identifier.removesuffix(ATTEMPTED), (*also, *IDS), n=1)
    mend = f"did you mean {near[0]}?" if near else "docs/detections.md lists the ids"
    return f"is {'neither a setting nor a' if also else 'no'} detection's id; {mend}"
