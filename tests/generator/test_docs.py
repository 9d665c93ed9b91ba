"""Generated docs are what the catalogue says now."""

import re
from pathlib import Path

import msgspec
import pytest

from generator.config import parsed
from generator.docs import PAGES, ROOT, DetectionDocsError, detection_text, main, stale
from hub.detections.catalogue import DETECTIONS
from hub.lookups.catalogue import LOOKUPS


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


def test_every_link_of_the_page_leads_to_a_heading_and_every_detection_has_one() -> None:
    page = PAGES["docs/detections.md"]()
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9_-]", "", heading.lower().replace(" ", "-")) for heading in headings}
    assert len(anchors) == len(headings)
    assert set(re.findall(r"\]\(#([^)]*)\)", page)) <= anchors
    assert {one.id for one in DETECTIONS} <= set(headings)


def test_what_differs_from_one_detection_to_the_next_stands_in_its_section() -> None:
    sections = PAGES["docs/detections.md"]().split("\n### ")
    (counting,) = [one for one in sections if one.startswith("signin.login_failure_burst\n")]
    assert "- Refused calls: only these\n" in counting
    assert "- Counts: 5 within 10 minutes are one finding\n" in counting
    assert "- ATT&CK: [T1110](https://attack.mitre.org/techniques/T1110/)\n" in counting
    assert "- CIS: 4.6 (1.4, 3.0, 5.0), 5.6 (6.0, 7.0)\n" in counting
    (attempted,) = [one for one in sections if one.startswith("cloudtrail.logging_stopped\n")]
    assert "- Refused calls: give `cloudtrail.logging_stopped.attempted`\n" in attempted


def test_every_look_up_is_explained_and_led_to() -> None:
    page = PAGES["docs/detections.md"]()
    rows = page.partition("## Look-ups\n")[2].partition("\n## ")[0]
    for name, one in LOOKUPS.items():
        (line,) = [line for line in rows.splitlines() if line.startswith(f"| {name} |")]
        asking = [each.id for each in DETECTIONS if each.lookup == name]
        assert all(f"[`{each}`]" in line for each in asking)
        assert asking
        assert all(f"`{action}`" in line for action in one.actions)
        assert re.search(r"closed|CRITICAL|HIGH|MEDIUM|LOW", one.doc)
    assert "- Look-up: [bucket_acl](#look-ups)\n" in page


def test_the_page_has_one_title_and_its_chapters_outside_of_the_services_are_linked() -> None:
    page = PAGES["docs/detections.md"]()
    assert re.findall(r"^# .+", page, re.MULTILINE) == ["# Detections"]
    services = {one.id.partition(".")[0] for one in DETECTIONS}
    chapters = set(re.findall(r"^## (.+)", page, re.MULTILINE)) - services
    navigation = page.partition("[How to tune]")[2].partition("\n## ")[0]
    assert all(one == "How to tune" or f"[{one}](#" in navigation for one in chapters)


def test_the_settings_of_the_page_are_settings(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```toml\n(.+?)```", PAGES["docs/detections.md"](), re.DOTALL)
    least = '[organization]\nid = "o-exampleorgid"\nroot = "r-exam"\n[aws]\nhub_account = "111122223333"\n'
    assert parsed(f'{least}home_region = "eu-central-1"\n{shown}', tmp_path / "muster.toml").exclusions
