"""Hub and spokes are never updated at the same instant: the hub takes what older and newer spokes send."""

import fnmatch
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from contract.agents import AgentState
from contract.names import LAMBDA_SOURCE, SPOKE_SOURCE, VERSION
from contract.spoke_events import SpokeEvent
from generator.matcher import matches
from generator.published import REPORTS, published
from generator.snapshots import PREVIOUS_VERSIONS, everything, rendered, sample, written
from generator.third_party import ROOT
from hub import detector, reports
from hub.reports import record_handler, report_of
from hub.store.accounts import Account, AccountStore
from hub.store.agents import AgentStore
from hub.store.findings import FindingQuery, FindingStore
from hub.store.retention import RetentionStore
from hub.store.spokes import SpokeStore
from hub.store.tagging import TaggingStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TEMPLATES = rendered(sample())
# Fields whose objects are maps: what is new in them is another key, of the same form.
COUNTS = {"checks", "delete_on", "kept", "skipped"}
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def kept(pattern: str) -> list[Path]:
    """Return the kept files whose name matches, of every version."""
    return sorted(PREVIOUS_VERSIONS.glob(f"*/{pattern}.json"))


def labelled(path: Path) -> str:
    return f"{path.parent.name} {path.stem}"


def reported() -> list[Path]:
    """Return the kept reports, of every version."""
    return [path for path in kept("*") if path.stem != "senders" and not path.stem.startswith("forwarded-")]


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_bytes()))


def newer(value: Any) -> Any:
    """Return a report as a newer spoke might send it: every object of a known form has a field more."""
    if isinstance(value, list):
        return [newer(one) for one in value]
    if isinstance(value, dict):
        return {
            **{name: held if name in COUNTS else newer(held) for name, held in value.items()},
            "novelty": {"of": 2},
        }
    return value


@pytest.fixture
def record(
    dynamodb: "DynamoDBClient", aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Any], None]]:
    """Have an event handled as a message of the reports' queue."""
    monkeypatch.setenv("STATE_TABLE", "state")
    monkeypatch.setattr(reports, "aws_client", aws)
    monkeypatch.setattr(reports, "now", lambda: NOW)
    reports._recorder.cache_clear()

    def handled(event: Any) -> None:
        message = {"messageId": "1", "body": json.dumps(event), "eventSource": "aws:sqs"}
        assert record_handler({"Records": [message]}, None) == {"batchItemFailures": []}

    yield handled
    reports._recorder.cache_clear()


@pytest.fixture
def detect(
    dynamodb: "DynamoDBClient", aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Any], None]]:
    """Have an event handled as a message of the detector's queue, by a hub that knows its account."""
    environment = {"FINDINGS_TABLE": "findings", "STATE_TABLE": "state", "PREFIX": "muster"}
    for name, value in {**environment, "LOOKUPS_QUEUE_URL": "https://queue"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(detector, "aws_client", aws)
    detector._detector.cache_clear()

    def handled(event: Any) -> None:
        AccountStore(dynamodb, "state").write([Account(id=event["account"], name="shop")])
        message = {"messageId": "1", "body": json.dumps(event)}
        assert detector.detect_handler({"Records": [message]}, None) == {"batchItemFailures": []}

    yield handled
    detector._detector.cache_clear()


def json_of(report: SpokeEvent) -> Any:
    return json.loads(msgspec.json.encode(report))


def holds(stored: Any, sent: Any) -> bool:
    """Return whether nothing of what was sent got lost; what is stored may have fields more."""
    if isinstance(sent, dict):
        return all(name in stored and holds(stored[name], value) for name, value in sent.items())
    if isinstance(sent, list):
        return len(stored) == len(sent) and all(map(holds, stored, sent))
    return bool(stored == sent)


@pytest.mark.parametrize("path", kept("heartbeat-*"), ids=labelled)
def test_a_heartbeat_is_stored(path: Path, record: Callable[[Any], None], dynamodb: "DynamoDBClient") -> None:
    event = read(path)
    record(event)
    (spoke,) = SpokeStore(dynamodb, "state").all()
    assert holds(json_of(spoke.heartbeat), event["detail"])
    assert spoke.seen_at == "2026-11-20T09:00:00.000000Z"
    assert spoke.heartbeat.version == path.parent.name


@pytest.mark.parametrize("path", kept("tagging-result-*"), ids=labelled)
def test_a_tagging_result_is_stored(path: Path, record: Callable[[Any], None], dynamodb: "DynamoDBClient") -> None:
    event = read(path)
    record(event)
    (result,) = TaggingStore(dynamodb, "state").of(event["account"])
    assert holds(json_of(result), event["detail"].get("responsePayload", event["detail"]))
    assert result.tagged or result.failed


@pytest.mark.parametrize("path", kept("agent-status-*"), ids=labelled)
def test_an_instance_is_known_as_it_was_reported(
    path: Path, record: Callable[[Any], None], dynamodb: "DynamoDBClient"
) -> None:
    event = read(path)
    record(event)
    known = [json_of(one.status) for one in AgentStore(dynamodb, "state").of(event["account"], NOW)]
    # An instance that is gone is forgotten.
    assert len(known) == (event["detail"]["state"] != AgentState.GONE)
    assert all(holds(one, event["detail"]) for one in known)


@pytest.mark.parametrize("path", kept("retention-report-*"), ids=labelled)
def test_a_run_over_backups_is_stored(path: Path, record: Callable[[Any], None], dynamodb: "DynamoDBClient") -> None:
    event = read(path)
    record(event)
    (run,) = RetentionStore(dynamodb, "state").each()
    assert holds(json_of(run.report), event["detail"])


@pytest.mark.parametrize("path", kept("forwarded-*"), ids=labelled)
def test_a_forwarded_event_becomes_a_finding(path: Path, detect: Callable[[Any], None], store: FindingStore) -> None:
    event = read(path)
    detect(event)
    found = [one for one in store.page(FindingQuery(), limit=10).findings if one.event_id == event["detail"]["eventID"]]
    assert found
    assert {(one.account, one.region) for one in found} == {(event["account"], event["detail"]["awsRegion"])}


@pytest.mark.parametrize("path", reported(), ids=labelled)
def test_fields_that_a_newer_spoke_adds_are_no_reason_to_refuse_its_report(path: Path) -> None:
    event = read(path)
    assert report_of({**event, "detail": newer(event["detail"])}) == report_of(event)


@pytest.mark.parametrize("path", reported(), ids=labelled)
def test_a_newer_schema_waits_in_the_dead_letter_queue_until_the_hub_is_updated(path: Path) -> None:
    event = read(path)
    detail = event["detail"]
    newest = {name: {**held, "schema": 2} for name, held in detail.items() if name == "responsePayload"}
    with pytest.raises(reports.ReportError, match="unknown schema 2"):
        report_of({**event, "detail": newest or {**detail, "schema": 2}})


@pytest.mark.parametrize("path", [path for path in kept("*") if path.stem != "senders"], ids=labelled)
def test_a_rule_of_the_bus_gives_it_to_its_function(path: Path) -> None:
    event = read(path)
    rule = "ReportsRule" if event["source"] in {SPOKE_SOURCE, LAMBDA_SOURCE} else "DetectorRule"
    assert matches(TEMPLATES["hub"]["Resources"][rule]["Properties"]["EventPattern"], event)


@pytest.mark.parametrize("path", kept("senders"), ids=labelled)
def test_the_bus_lets_their_roles_in(path: Path) -> None:
    hub = TEMPLATES["hub"]["Resources"]
    (condition,) = hub["BusPolicy"]["Properties"]["Statement"]["Condition"]["ArnLike"].values()
    for role, buses in read(path).items():
        assert fnmatch.fnmatchcase(f"arn:${{AWS::Partition}}:iam::111122223333:role/{role}", condition["Fn::Sub"])
        assert {one.rpartition("/")[2] for one in buses} == {hub["Bus"]["Properties"]["Name"]}


# The rules of releases (docs/upgrading.md).


def test_what_this_version_publishes_is_kept() -> None:
    now = {f"{name}.json": written(event) for name, event in published(rendered(everything(sample()))["spoke"])}
    before = {path.name: path.read_text(encoding="utf-8") for path in (PREVIOUS_VERSIONS / VERSION).glob("*")}
    assert now == before, "make snapshots keeps it; is a field of a released version gone or changed? docs/upgrading.md"


def test_a_released_version_is_left_behind_with_the_first_change() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    unreleased = re.search(r"^## \[Unreleased\]$(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    assert unreleased
    released = re.findall(r"^## \[(\d[^\]]*)\]", changelog, re.MULTILINE)
    assert not unreleased[1].strip() or VERSION not in released, (
        f"{VERSION} is released: give contract/names.py and pyproject.toml the next version, then make snapshots"
    )
    assert set(released) <= {path.name for path in PREVIOUS_VERSIONS.iterdir()}, "hubs must take what they sent"


def test_the_packages_version_is_that_of_the_spokes() -> None:
    assert f'\nversion = "{VERSION}"\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_kept_reports_show_every_field() -> None:
    for kind, model in reports.REPORTS.items():
        shown = [report for of, report in REPORTS.values() if of == kind]
        silent = [
            field.name
            for field in msgspec.structs.fields(model)
            if field.name != "schema" and all(getattr(one, field.name) == field.default for one in shown)
        ]
        assert silent == [], f"give {model.__name__} in generator/published.py a report with them"
