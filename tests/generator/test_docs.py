"""Generated docs are what the catalogue says now."""

from pathlib import Path

import msgspec
import pytest

from generator.docs import DetectionDocsError, detection_text, detections_json, write_detection_docs
from hub.detections.catalogue import DETECTIONS

ROOT = Path(__file__).parents[2]


def test_the_committed_page_is_what_the_catalogue_says() -> None:
    assert (ROOT / "docs" / "detections.md").read_text() == write_detection_docs()


def test_the_committed_descriptions_are_what_the_catalogue_says() -> None:
    assert (ROOT / "contract" / "detections.json").read_text() == detections_json()


def test_a_docstring_without_a_response_is_refused() -> None:
    def silent(_event: object) -> bool:
        """Something happened."""
        return True

    with pytest.raises(DetectionDocsError, match=DETECTIONS[0].id):
        detection_text(msgspec.structs.replace(DETECTIONS[0], predicate=silent))
