"""What other AWS services say they found: read tolerantly, met again by the services' later events."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.finding import Finding, Mode, RecordState, Severity
from hub.detections.catalogue import DETECTIONS
from hub.detections.engine import Engine
from hub.detections.exclusions import NOWHERE, Exclusion
from hub.detections.native.catalogue import FEEDS
from hub.detections.native.feed import Feed
from hub.detections.native.guardduty import guardduty_finding
from hub.detections.native.moments import moment
from hub.detections.native.reading import Reader
from hub.detections.settings import DetectionSettings
from hub.own_findings import DETECTION_FAILED

EVENTS = Path(__file__).parents[2] / "events"
OBSERVED_AT = "2026-11-20T12:00:00.000000Z"
READER = Reader()

texts = st.text(max_size=8) | st.sampled_from(
    ["arn:", "ACTIVE", "NON_COMPLIANT", "AWS_RISK_", "Root", "{id}", "\ud800"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def golden(feed: str, name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"native.{feed}" / f"{name}.json").read_bytes())
    return event


def finding(feed: str, name: str) -> Finding:
    (found,) = READER.judge(golden(feed, name), OBSERVED_AT).findings
    return found


def guardduty(**detail: Any) -> Finding:
    event = golden("guardduty_finding", "fires-role-credentials-used-outside")
    (found,) = READER.judge({**event, "detail": {**event["detail"], **detail}}, OBSERVED_AT).findings
    return found


@pytest.mark.parametrize(
    ("principal", "severity", "mode"),
    [
        ({"AWS": "444455556666"}, Severity.INFORMATIONAL, Mode.MONITOR),
        ({"AWS": ["444455556666", "arn:aws:iam::555566667777:role/deploy"]}, Severity.INFORMATIONAL, Mode.MONITOR),
        ({"AWS": ["444455556666", "999900001111"]}, Severity.MEDIUM, Mode.LIVE),
        ({"AWS": "444455556666", "Federated": "accounts.google.com"}, Severity.MEDIUM, Mode.LIVE),
        ({"CanonicalUser": "0123456789abcdef"}, Severity.MEDIUM, Mode.LIVE),
        ({"AWS": "AIDACKCEVSQ6C2EXAMPLE"}, Severity.MEDIUM, Mode.LIVE),
        ("444455556666", Severity.MEDIUM, Mode.LIVE),
    ],
    ids=str,
)
def test_what_is_open_to_ones_own_accounts_is_only_stored(principal: Any, severity: Severity, mode: Mode) -> None:
    event = golden("access_analyzer", "fires-role-open-to-another-account")
    event = {**event, "detail": {**event["detail"], "principal": principal}}
    own = DetectionSettings(
        organization_accounts=frozenset({"111122223333", "444455556666"}), trusted_accounts=frozenset({"555566667777"})
    )
    (found,) = Reader(own).judge(event, OBSERVED_AT).findings
    assert (found.severity, found.mode) == (severity, mode)
    (unknowing,) = READER.judge(event, OBSERVED_AT).findings
    assert (unknowing.severity, unknowing.mode) == (Severity.MEDIUM, Mode.LIVE)


def test_the_accounts_of_feeds_are_those_of_the_detections() -> None:
    event, engine = golden("access_analyzer", "fires-role-open-to-another-account"), Engine([])
    (stranger,) = engine.judge(event, OBSERVED_AT).findings
    engine.know_places({"999900001111": NOWHERE})
    (own,) = engine.judge(event, OBSERVED_AT).findings
    assert (stranger.severity, own.severity) == (Severity.MEDIUM, Severity.INFORMATIONAL)
    assert stranger.details["accounts"] == ["999900001111"]


@pytest.mark.parametrize(
    ("feed", "opening", "closing"),
    [
        ("guardduty_finding", "fires-role-credentials-used-outside", "quiet-archived"),
        ("access_analyzer", "fires-bucket-open-to-everybody", "quiet-resolved"),
        ("access_analyzer", "fires-bucket-open-to-everybody", "quiet-archived"),
        ("access_analyzer", "fires-bucket-open-to-everybody", "quiet-deleted"),
        ("macie", "fires-credentials-in-an-object", "quiet-archived"),
        ("inspector2", "fires-package-of-an-instance", "quiet-closed"),
        ("inspector2", "fires-package-of-an-instance", "quiet-suppressed"),
        ("inspector2", "fires-package-of-an-instance", "quiet-closed-as-medium"),
        ("config_noncompliant", "fires-bucket-became-readable", "quiet-complies-again"),
        ("config_noncompliant", "fires-bucket-became-readable", "quiet-resource-is-gone"),
        ("health_credentials_exposed", "fires-exposed-key", "quiet-closed"),
        ("trusted_advisor", "fires-exposed-key-of-a-user", "quiet-key-is-gone"),
        ("cloudtrail_insight", "fires-many-instances-launched", "quiet-back-to-normal"),
    ],
)
def test_a_closing_event_meets_the_finding_that_it_closes(feed: str, opening: str, closing: str) -> None:
    opened, closed = finding(feed, opening), finding(feed, closing)
    assert opened.id == closed.id
    assert (opened.record_state, closed.record_state) == (RecordState.ACTIVE, RecordState.ARCHIVED)
    assert opened.updated_at < closed.updated_at


def test_different_findings_of_a_service_have_different_ids() -> None:
    found = [finding(path.parent.name.partition(".")[2], path.stem) for path in EVENTS.glob("native.*/fires-*.json")]
    # The backup Region tells of the same exposed key.
    assert len({one.id for one in found}) == len(found) - 1


def test_the_copy_that_another_region_or_account_sends_is_the_same_finding_to_the_letter() -> None:
    first = finding("health_credentials_exposed", "fires-exposed-key")
    assert finding("health_credentials_exposed", "fires-exposed-key-told-by-the-backup-region") == first
    event = golden("guardduty_finding", "fires-role-credentials-used-outside")
    copy = event | {"account": "999900001111", "id": "another delivery"}
    assert READER.judge(copy, OBSERVED_AT) == READER.judge(event, OBSERVED_AT)


def test_a_members_finding_is_of_the_member_although_the_administrator_sends_it() -> None:
    found = finding("guardduty_finding", "fires-finding-of-a-member-in-the-administrator")
    assert found.account == "444455556666"
    assert found.resource == "arn:aws:iam::444455556666:role/web-server"


@pytest.mark.parametrize(
    ("score", "severity"),
    [
        (1, Severity.LOW),
        (3.9, Severity.LOW),
        (4, Severity.MEDIUM),
        (6.9, Severity.MEDIUM),
        (7, Severity.HIGH),
        (8.9, Severity.HIGH),
        (9, Severity.CRITICAL),
        (10, Severity.CRITICAL),
        ("8", Severity.HIGH),
        (0, Severity.INFORMATIONAL),
        (-1, Severity.INFORMATIONAL),
        *((unusual, Severity.MEDIUM) for unusual in ("high", None, True, [], {}, "nan", float("inf"))),
    ],
)
def test_guarddutys_numbers_are_severities(score: Any, severity: Severity) -> None:
    assert guardduty(severity=score).severity is severity


def test_a_finding_says_who_found_it_who_acted_and_from_where() -> None:
    found = finding("guardduty_finding", "fires-role-credentials-used-outside")
    assert (found.product, found.actor, found.source_ip) == ("GuardDuty", "web-server", "198.51.100.23")
    assert found.first_seen == "2026-11-20T10:41:33.000000Z"
    assert found.updated_at == "2026-11-20T11:04:58.123000Z"


def test_an_abuse_report_without_a_region_is_of_the_global_one() -> None:
    assert finding("health_credentials_exposed", "fires-abuse-report").region == "us-east-1"


def test_an_event_without_the_services_key_is_a_finding_of_its_own() -> None:
    event = golden("guardduty_finding", "fires-attack-sequence")
    events = [event, *({**event, "id": one, "detail": {**event["detail"], "id": None}} for one in ("a", "b"))]
    found = [one for each in events for one in READER.judge(each, OBSERVED_AT).findings]
    assert len({one.id for one in found}) == 3


@pytest.mark.parametrize("feed", FEEDS, ids=lambda one: one.id)
@settings(max_examples=30)
@given(detail=st.dictionaries(texts, values, max_size=4))
def test_no_content_makes_a_feed_raise(feed: Feed, detail: dict[str, Any]) -> None:
    for kind in feed.detail_types:
        envelope = {"source": "aws.x", "detail-type": kind, "account": "111122223333", "detail": detail}
        assert not READER.judge(envelope, OBSERVED_AT).failures


def _fields(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    steps: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for step, held in steps for found in _fields(held, (*path, step)))]


@pytest.mark.parametrize("path", sorted(EVENTS.glob("native.*/fires-*.json")), ids=lambda path: path.parent.name)
@settings(max_examples=30)
@given(data=st.data(), other=values)
def test_no_content_of_any_field_makes_a_feed_raise(path: Path, data: st.DataObject, other: Any) -> None:
    event = json.loads(path.read_bytes())
    *way, last = data.draw(st.sampled_from(_fields(event["detail"])[1:]))
    holder = event["detail"]
    for step in way:
        holder = holder[step]
    holder[last] = other
    assert not READER.judge(event, OBSERVED_AT).failures


def test_a_feed_that_raises_is_a_finding() -> None:
    def broken(_event: object) -> None:
        raise KeyError("x")

    feed = msgspec.structs.replace(guardduty_finding, read=broken)
    verdict = Reader(feeds=[feed]).judge(golden("guardduty_finding", "quiet-archived"), OBSERVED_AT)
    assert [one.detection for one in verdict.failures] == ["native.guardduty_finding"]
    (found,) = verdict.findings
    assert (found.detection, found.details["reason"]) == (DETECTION_FAILED.id, "KeyError: 'x'")


def test_what_a_member_sends_itself_is_not_believed() -> None:
    forged = golden("guardduty_finding", "fires-attack-sequence") | {"source": "my.guardduty"}
    assert READER.judge(forged, OBSERVED_AT).findings == ()


def test_settings_silence_a_feed_and_say_its_severity() -> None:
    event = golden("guardduty_finding", "fires-attack-sequence")
    silent = DetectionSettings(modes={"native.guardduty_finding": Mode.OFF})
    assert Engine(DETECTIONS, silent).judge(event, OBSERVED_AT).findings == ()
    tuned = DetectionSettings(
        modes={"native.guardduty_finding": Mode.MONITOR}, severities={"native.guardduty_finding": Severity.LOW}
    )
    (found,) = Engine(DETECTIONS, tuned).judge(event, OBSERVED_AT).findings
    assert (found.mode, found.severity) == (Mode.MONITOR, Severity.LOW)


def test_an_exclusion_leaves_out_what_a_service_finds_and_never_what_it_closes() -> None:
    sandbox = Exclusion(reason="everybody may try things there", detections=("native.*",), accounts=("111122223333",))
    excluding = Engine(DETECTIONS, DetectionSettings(exclusions=(sandbox,)))
    opening = excluding.judge(golden("macie", "fires-credentials-in-an-object"), OBSERVED_AT)
    assert [(one.detection, one.reason) for one in opening.excluded] == [("native.macie", sandbox.reason)]
    assert opening.findings == ()
    closing = excluding.judge(golden("macie", "quiet-archived"), OBSERVED_AT)
    assert [one.record_state for one in closing.findings] == [RecordState.ARCHIVED]
    member = golden("guardduty_finding", "fires-finding-of-a-member-in-the-administrator")
    assert len(excluding.judge(member, OBSERVED_AT).findings) == 1


NOON = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "when"),
    [
        ("2026-11-20T12:00:30Z", NOON),
        ("Fri, 20 Nov 2026 12:00:30 GMT", NOON),
        ("Nov 20, 2026, 12:00:30 PM", NOON),
        ("Nov 20, 2026, 12:00:30\u202fPM", NOON),
        (NOON.timestamp(), NOON),
        (str(int(NOON.timestamp() * 1000)), NOON),
        *((nothing, None) for nothing in ("", "soon", None, True, [], float("nan"), 1e300, "1" * 400, -1, 0)),
    ],
)
def test_times_are_read_however_a_service_writes_them(written: Any, when: datetime | None) -> None:
    assert moment(written) == when
