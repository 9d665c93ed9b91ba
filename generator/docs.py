"""What people and programs read about the detections, written from the catalogue."""

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from contract.catalogue import DetectionText
from generator.api_docs import openapi
from generator.configuration_docs import write_configuration_docs
from generator.cost_docs import write_cost_docs
from generator.detection_docs import detection_page, own_section
from generator.feed_docs import FEEDS_HEADING, feed_rows
from generator.lookup_docs import LOOKUPS_HEADING, lookup_rows
from generator.tagging_docs import write_tagging_docs
from hub.detections.catalogue import DETECTIONS
from hub.detections.cis import cis_numbers
from hub.detections.detection import Detection
from hub.detections.native.catalogue import FEEDS
from hub.detections.native.feed import Feed
from hub.own_findings import OWN_FINDINGS

ROOT = Path(__file__).resolve().parents[1]
_PROSE = re.compile(
    r"(?P<what>.+?)\s*False positives: (?P<false_positives>.+?)\s*Response: (?P<response>.+)", re.DOTALL
)
_OWN = """\
## Muster's own findings

What Muster says about itself and the organization; no API call alone causes them.
"""


class DetectionDocsError(ValueError):
    """A detection's docstring lacks what it means, its false positives or the response."""


def detection_text(one: Detection | Feed) -> DetectionText:
    """Return a detection or a feed in words."""
    prose = _PROSE.fullmatch(" ".join(one.doc.split()))
    if not prose:
        raise DetectionDocsError(f'{one.id}: the docstring needs a sentence, "False positives: …" and "Response: …"')
    return DetectionText(
        id=one.id,
        title=one.title,
        severity=one.severity,
        mode=one.mode,
        family=one.family if isinstance(one, Detection) else one.id,
        what=_sentence(prose["what"]),
        false_positives=_sentence(prose["false_positives"]),
        response=_sentence(prose["response"]),
        attack=one.attack,
        cis=cis_numbers(one.cis if isinstance(one, Detection) else ""),
    )


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def detections_json() -> str:
    """Return `contract/detections.json`: what dashboard and notifier say about a detection, a feed, an own finding."""
    texts = [*map(detection_text, DETECTIONS), *map(detection_text, FEEDS), *OWN_FINDINGS]
    return msgspec.json.format(msgspec.json.encode(texts), indent=1).decode() + "\n"


def write_detection_docs() -> str:
    """Return `docs/detections.md`: what each detection means and what to do; feeds, look-ups, our own findings."""
    pairs = [(one, detection_text(one)) for one in DETECTIONS]
    feeds = {one.id: detection_text(one) for one in FEEDS}
    return "\n".join(
        [
            detection_page(pairs),
            *(FEEDS_HEADING, *feed_rows(feeds), "", *map(own_section, feeds.values())),
            *(LOOKUPS_HEADING, *lookup_rows(), ""),
            *(_OWN, *map(own_section, OWN_FINDINGS)),
        ]
    )


PAGES: Mapping[str, Callable[[], str]] = {
    "docs/configuration.md": write_configuration_docs,
    "docs/cost.md": write_cost_docs,
    "docs/creator-tags.md": write_tagging_docs,
    "docs/openapi.json": openapi,
    "docs/detections.md": write_detection_docs,
    "contract/detections.json": detections_json,
}


def stale(root: Path) -> list[str]:
    """Return the pages below `root` that are not what the code says now."""
    return [name for name, write in PAGES.items() if not _is(root / name, write())]


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write the pages; with `--check` write nothing, name those that are stale and return 1 if any is."""
    pages = stale(root)
    if arguments == ["--check"]:
        if pages:
            sys.stderr.write(f"error: {', '.join(pages)}: not what the code says now; run make docs\n")
        return int(bool(pages))
    for name in pages:
        (root / name).write_text(PAGES[name](), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
