"""Generated docs are what the catalogue says now."""

from pathlib import Path

import msgspec
import pytest

from generator.docs import PAGES, ROOT, DetectionDocsError, detection_text, main, stale
from hub.detections.catalogue import DETECTIONS


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_is_what_the_code_says_now(page: str) -> None:
    assert page not in stale(ROOT), f"{page} is stale: run make docs and commit it"


def test_a_stale_page_is_one_line_and_make_docs_mends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for page in PAGES:
        (tmp_path / page).parent.mkdir(exist_ok=True)
    assert main(["--check"], tmp_path) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "docs/detections.md" in line
    assert line.endswith("run make docs")
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0


def test_a_docstring_without_a_response_is_refused() -> None:
    def silent(_event: object) -> bool:
        """Something happened."""
        return True

    with pytest.raises(DetectionDocsError, match=DETECTIONS[0].id):
        detection_text(msgspec.structs.replace(DETECTIONS[0], predicate=silent))
