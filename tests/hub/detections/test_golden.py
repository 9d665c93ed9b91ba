"""Every golden event says in its name whether its detection fires."""

import json
from pathlib import Path
from typing import Any

import pytest

from hub.detections.catalogue import DETECTIONS
from hub.detections.engine import Engine
from hub.detections.settings import DetectionSettings

EVENTS = Path(__file__).parents[2] / "events"
GOLDEN = sorted(EVENTS.glob("*/*.json"))
OBSERVED_AT = "2026-11-20T12:00:00.000000Z"

# Some detections look for nothing until somebody says what is usual.
USUAL = DetectionSettings(allowed_regions=("eu-west-1", "us-east-1"), organization_id="o-exampleorgid")

engine = Engine(DETECTIONS, USUAL)


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def raised(path: Path) -> set[str]:
    event: dict[str, Any] = json.loads(path.read_bytes())
    verdict = engine.judge(event, OBSERVED_AT)
    assert not verdict.failures
    return {one for finding in verdict.findings for one in (finding.detection, *finding.also)}


@pytest.mark.parametrize("path", [path for path in GOLDEN if path.name.startswith("fires-")], ids=name_of)
def test_a_detection_fires_on_its_golden_event(path: Path) -> None:
    assert path.parent.name in raised(path)


@pytest.mark.parametrize("path", [path for path in GOLDEN if path.name.startswith("quiet-")], ids=name_of)
def test_a_detection_stays_quiet_on_its_near_miss(path: Path) -> None:
    assert not {path.parent.name, f"{path.parent.name}.attempted"} & raised(path)


@pytest.mark.parametrize("path", GOLDEN, ids=name_of)
def test_every_finding_names_a_resource_by_its_arn(path: Path) -> None:
    verdict = engine.judge(json.loads(path.read_bytes()), OBSERVED_AT)
    for finding in verdict.findings:
        assert finding.resource.startswith("arn:"), finding
        assert "unknown" not in finding.title, finding.title


def test_every_detection_has_an_event_that_fires_and_one_that_does_not() -> None:
    for one in DETECTIONS:
        kinds = {path.name.split("-")[0] for path in (EVENTS / one.id).glob("*.json")}
        assert kinds == {"fires", "quiet"}, one.id


def test_no_golden_event_belongs_to_a_detection_that_does_not_exist() -> None:
    assert {path.parent.name for path in GOLDEN} == {one.id for one in DETECTIONS}
