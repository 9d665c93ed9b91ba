"""What people and programs read about the feeds, beside what they read about the detections."""

from collections.abc import Iterator

from contract.catalogue import DetectionText
from generator.markdown import row
from hub.detections.native.catalogue import FEEDS
from hub.detections.native.feed import Feed

FEEDS_HEADING = """\
## What other AWS services find

Events in which a service says what it found (`hub/detections/native/`): one finding of the service's is one finding
here, which the service's later events refresh and close. `[feeds]` in `muster.toml` switches each on and off; those
marked "in Security Hub" are off with `security_hub = true`, so that nothing comes twice. Severities are the service's
where it says one.
"""
_COLUMNS = ("id", "what", "severity", "mode", "ATT&CK", "detail-type", "in Security Hub")


def feed_rows(texts: dict[str, DetectionText]) -> Iterator[str]:
    """Yield the rows of the feeds' table; `texts` are their words, by id."""
    yield row(_COLUMNS)
    yield row("---" for _ in _COLUMNS)
    for one in FEEDS:
        yield row(_cells(one, texts[one.id]))


def _cells(one: Feed, text: DetectionText) -> list[str]:
    link = f"[`{one.id}`](#{one.id.replace('.', '')})"
    types = ", ".join(f"`{kind}`" for kind in one.detail_types)
    return [link, text.what, one.severity, one.mode, one.attack, types, "yes" if one.in_security_hub else ""]
