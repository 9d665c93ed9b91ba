"""Every golden event says in its name whether its detection fires."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Finding, Mode
from generator.remembered import RememberedWindows
from hub.detections.catalogue import DETECTIONS
from hub.detections.detection import Detection
from hub.detections.engine import Engine
from hub.detections.native.catalogue import FEEDS
from hub.detections.settings import DetectionSettings
from tests.golden import EVENTS, events_of, name_of
from tests.golden import FILES as GOLDEN

OBSERVED_AT = "2026-11-20T12:00:00.000000Z"

# Some detections look for nothing until somebody says what is usual.
USUAL = DetectionSettings(allowed_regions=("eu-west-1", "us-east-1"), organization_id="o-exampleorgid")
IDS = {*(one.id for one in DETECTIONS), *(one.id for one in FEEDS)}

# Also those that are off until somebody asks for them.
engine = Engine([msgspec.structs.replace(one, mode=Mode.LIVE) for one in DETECTIONS], USUAL)


def findings(path: Path) -> Iterator[Finding]:
    windows = RememberedWindows()
    for event in events_of(path):
        verdict = engine.judge(event, OBSERVED_AT)
        assert not verdict.failures
        yield from verdict.settled(windows.count)


def raised(path: Path) -> set[str]:
    # What closes another service's finding raises none.
    return {one for finding in findings(path) if finding.is_open for one in (finding.detection, *finding.also)}


@pytest.mark.parametrize("path", [path for path in GOLDEN if path.name.startswith("fires-")], ids=name_of)
def test_a_detection_fires_on_its_golden_event(path: Path) -> None:
    assert path.parent.name in raised(path)


@pytest.mark.parametrize("path", [path for path in GOLDEN if path.name.startswith("quiet-")], ids=name_of)
def test_a_detection_stays_quiet_on_its_near_miss(path: Path) -> None:
    assert not {path.parent.name, f"{path.parent.name}.attempted"} & raised(path)


@pytest.mark.parametrize("path", GOLDEN, ids=name_of)
def test_every_finding_names_a_resource_by_its_arn(path: Path) -> None:
    for finding in findings(path):
        assert finding.resource.startswith("arn:"), finding
        assert "unknown" not in finding.title, finding.title


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("cloudformation.framework_stack_deleted/fires-named-by-arn", "stack StackSet-muster-spoke-"),
        ("organizations.scp_weakened/fires-attached", "policy p-examplepolicy of ou-ab12-11111111 changed"),
        ("organizations.scp_weakened/fires-created", "policy deny-regions changed"),
        ("organizations.scp_weakened/fires-type-disabled", "policy SERVICE_CONTROL_POLICY of r-ab12 changed"),
        ("rds.export_external/fires-strangers-key", "exported under a key of 777788889999"),
        ("sso.admin_permission_set_assigned/fires-to-a-group", "GROUP e3644802-EXAMPLE got permission set ps-"),
    ],
)
def test_a_title_says_what_it_is_about(event: str, words: str) -> None:
    (title,) = [one.title for one in findings(EVENTS / f"{event}.json") if one.detection == event.partition("/")[0]]
    assert words in title


def test_a_detection_that_counts_raises_once_for_a_burst() -> None:
    for one in DETECTIONS:
        for path in (EVENTS / one.id).glob("fires-*.json") if one.window else []:
            assert sum(finding.detection == one.id for finding in findings(path)) == 1, path


def test_every_detection_has_an_event_that_fires_and_one_that_does_not() -> None:
    for one in IDS:
        kinds = {path.name.split("-")[0] for path in (EVENTS / one).glob("*.json")}
        assert kinds == {"fires", "quiet"}, one


def test_no_golden_event_belongs_to_a_detection_that_does_not_exist() -> None:
    assert {path.parent.name for path in GOLDEN} == IDS


def test_a_detection_that_may_say_no_has_a_near_miss_that_was_not_refused() -> None:
    """What stays quiet because it was refused proves the engine, not the predicate."""
    unproved = [
        one.id
        for one in DETECTIONS
        if may_say_no(one) and not one.failures and not any(map(was_done, (EVENTS / one.id).glob("quiet-*.json")))
    ]
    assert unproved == [], "add tests/events/<detection>/quiet-<how>.json"


def was_done(path: Path) -> bool:
    return any(not CloudTrailEvent(event).is_refused for event in events_of(path))


def may_say_no(one: Detection) -> bool:
    """Whether a predicate returns anything but `True` and matches."""
    written = ast.parse(inspect.getsource(one.predicate))
    returned = [node.value for node in ast.walk(written) if isinstance(node, ast.Return)]
    return not all(map(says_yes, returned))


def says_yes(value: ast.expr | None) -> bool:
    match value:
        case ast.IfExp(body=one, orelse=other):
            return says_yes(one) and says_yes(other)
        case ast.Constant(value=True) | ast.Call(func=ast.Name(id="Match")):
            return True
    return False
