import gzip
import io
import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from pydantic import ValidationError
from rich.console import Console

from generator.backtest.history import File, Period, files
from generator.backtest.report import BacktestReport, report_of
from generator.backtest.run import Run
from generator.backtest.words import show
from generator.commands.backtest import _follow, _s3
from generator.config import Config
from generator.deployment import configured_deployment, usual_deployment
from generator.explain import ExplainedFinding, explain
from generator.forwarder import Forwarder
from generator.pattern import forwarded
from generator.problems import BadInputError
from generator.reading import InputError, Item, read_items
from generator.settings.exclusions import UNSAID
from hub.detections.catalogue import DETECTIONS
from tests.generator.backtest.conftest import EVENTS, FOLDER, Record, by, record, written

Tested = Callable[..., BacktestReport]
USUAL = usual_deployment()
FORWARDER = Forwarder(USUAL.rules)
_FOLDERS = [str(folder) for folder in sorted(EVENTS.iterdir())]
GOLDEN: list[dict[str, Any]] = [item.value for item in read_items(_FOLDERS) if "eventName" in item.value["detail"]]
places = st.sampled_from(range(len(GOLDEN)))


def found(report: BacktestReport) -> dict[str, int]:
    return {one.detection: one.findings for one in report.detections}


def test_a_history_is_read_below_its_root_and_counted(tested: Tested, tmp_path: Path) -> None:
    written(tmp_path, [record("iam.user_created"), record("iam.user_created")])
    other = FOLDER.replace("111122223333", "444455556666").replace("/20", "/21")
    changed = {"recipientAccountId": "444455556666", "eventTime": "2026-11-21T10:00:00Z"}
    written(tmp_path, [record("cloudtrail.logging_stopped", **changed)], folder=other)
    report = tested(tmp_path)
    assert found(report) == {"iam.user_created": 2, "cloudtrail.logging_stopped": 1}
    assert (report.files.read, report.events.read, report.events.forwarded, report.findings) == (2, 3, 3, 3)
    assert {day: held.findings for day, held in report.days.items()} == {"2026-11-20": 2, "2026-11-21": 1}
    assert {account: held.findings for account, held in report.accounts.items()} == {
        "111122223333": 2,
        "444455556666": 1,
    }
    assert report.last_event == "2026-11-21T10:00:00.000000Z"


def test_what_is_no_log_is_skipped_and_counted(tested: Tested, tmp_path: Path) -> None:
    written(tmp_path, [record("iam.user_created")])
    written(tmp_path, [record("iam.user_created")], folder=FOLDER.replace("CloudTrail", "CloudTrail-Digest"))
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "settings.json").write_text('{"configurationItems": []}')
    report = tested(tmp_path)
    assert (report.files.skipped, report.events.other, report.events.read) == (2, 1, 1)


def test_a_damaged_file_is_named_and_does_not_stop_the_others(tested: Tested, tmp_path: Path) -> None:
    broken = written(tmp_path, [record("iam.user_created")], "a.json.gz")
    broken.write_bytes(broken.read_bytes()[:-9])
    cut = written(tmp_path, [record("iam.user_created"), record("iam.user_created")], "b.json")
    cut.write_bytes(cut.read_bytes()[:-40])
    written(tmp_path, [record("cloudtrail.logging_stopped")], "c.json.gz")
    report = tested(tmp_path)
    assert report.files.damaged == 2
    assert list(report.files.damages) == [str(broken), str(cut)]
    assert found(report) == {"iam.user_created": 1, "cloudtrail.logging_stopped": 1}


def test_an_event_that_two_trails_wrote_counts_once(tested: Tested, tmp_path: Path) -> None:
    one = record("iam.user_created")
    written(tmp_path, [one], "a.json.gz")
    written(tmp_path, [one], "b.json.gz")
    report = tested(tmp_path)
    assert (report.events.read, report.events.repeated, report.findings) == (1, 1, 1)


def test_a_period_leaves_out_what_happened_before_and_after_it(tested: Tested, tmp_path: Path) -> None:
    times = ["2026-11-20T09:59:59Z", "2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"]
    written(tmp_path, [record("iam.user_created", eventTime=time) for time in times])
    written(tmp_path, [record("iam.user_created")], folder=FOLDER.replace("/11/20", "/11/01"))
    hour = Period(datetime(2026, 11, 20, 10, tzinfo=UTC), datetime(2026, 11, 20, 11, tzinfo=UTC))
    report = tested(tmp_path, period=hour)
    assert (report.events.read, report.events.outside, report.files.skipped) == (1, 2, 1)


def test_a_bucket_is_read_as_a_directory_is(tested: Tested, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    bodies = [written(tmp_path, [record("iam.user_created")], f"{number}.json.gz") for number in range(3)]
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="example-trail")
        for body in bodies:
            client.put_object(Bucket="example-trail", Key=f"org/{FOLDER}/{body.name}", Body=body.read_bytes())
        client.put_object(Bucket="example-trail", Key="elsewhere/x.json", Body=b"{}")
        client.put_object(Bucket="example-trail", Key=f"org/{FOLDER}/broken.json.gz", Body=gzip.compress(b"{}")[:-3])
        report = tested("s3://example-trail/org/", client=client)
    assert found(report) == {"iam.user_created": 3}
    assert list(report.files.damages) == [f"s3://example-trail/org/{FOLDER}/broken.json.gz"]


@pytest.mark.parametrize("path", ["nowhere", "s3:///prefix"])
def test_a_place_that_is_not_there_is_named(path: str) -> None:
    with pytest.raises(InputError, match=path):
        list(files([path], lambda: None))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.lists(places, max_size=30, unique_by=lambda place: GOLDEN[place]["detail"]["eventID"]))
def test_the_counts_are_those_of_explain(tested: Tested, tmp_path: Path, chosen: list[int]) -> None:
    events = [GOLDEN[place] for place in chosen]
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in events))
    explained = list(explain((Item(one) for one in events), USUAL))
    findings = [one for each in explained for one in each.findings if isinstance(one, ExplainedFinding)]
    report = tested(file)
    assert {name: count for name, count in found(report).items() if count} == Counter(one.detection for one in findings)
    assert report.by_severity == Counter(one.severity for one in findings)
    assert report.events.forwarded == sum(one.forwarded for one in explained)


plain = st.none() | st.booleans() | st.integers(0, 1) | st.sampled_from(["Root", "Data", "AccessDenied", ""])


@given(places, st.dictionaries(st.sampled_from(["errorCode", "readOnly", "managementEvent"]), plain))
def test_remembered_answers_are_the_rules_own(place: int, changed: dict[str, Any]) -> None:
    event = GOLDEN[place]
    changed_event = {**event, "detail": {**event["detail"], **changed}}
    forwarder = FORWARDER
    assert forwarder.rule_for(changed_event) == forwarded(USUAL.rules, changed_event)
    assert forwarder.rule_for(changed_event) == forwarded(USUAL.rules, changed_event)


def noise(role: str, count: int, detection: str = "iam.policy_changed") -> list[Record]:
    return [by(role, record(detection)) for _ in range(count)]


def test_the_noisiest_callers_are_proposed_as_exclusions(tested: Tested, tmp_path: Path) -> None:
    quiet = next(one.id for one in DETECTIONS if one.id == "iam.policy_changed")
    written(tmp_path, [*noise("terraform", 40), *noise("rare", 2), *noise("deploy", 20, "cloudtrail.logging_stopped")])
    report = tested(tmp_path)
    (harmless, severe) = report.exclusions
    assert (harmless.actor, harmless.detections, harmless.findings, harmless.severe) == ("terraform", [quiet], 40, 0)
    assert (severe.actor, severe.severe) == ("deploy", 20)
    assert "rare" not in report.toml


def test_what_is_proposed_can_be_pasted_into_the_settings_and_takes_the_noise_away(
    tested: Tested, tmp_path: Path, config: Config
) -> None:
    refused = [{**one, "errorCode": "AccessDenied"} for one in noise("terraform", 20, "cloudtrail.logging_stopped")]
    written(tmp_path, [*noise("terraform", 30), *refused])
    report = tested(tmp_path)
    assert [one.detections for one in report.exclusions] == [
        ["iam.policy_changed"],
        ["cloudtrail.logging_stopped.attempted"],
    ]
    with pytest.raises(ValidationError, match="says nothing yet"):
        settings_with(report, config)
    again = tested(tmp_path, deployment=configured_deployment(settings_with(report, config, "a pipeline")))
    assert {one.detection: one.excluded for one in again.detections if one.excluded} == {"iam.policy_changed": 30}


def settings_with(report: BacktestReport, config: Config, reason: str = UNSAID) -> Config:
    pasted = tomllib.loads(report.toml.replace(UNSAID, reason))
    return Config.model_validate(config.model_dump(exclude_none=True) | pasted)


def test_what_is_proposed_is_about_one_principal_and_leaves_nothing_of_the_family_to_come_to_light(
    tested: Tested, tmp_path: Path, config: Config
) -> None:
    loud = [by("ci-deploy", record("vpc.internet_gateway_attached")) for _ in range(30)]
    written(tmp_path, loud)
    report = tested(tmp_path)
    (proposed,) = report.exclusions
    assert proposed.actors == ["arn:aws:iam::111122223333:role/ci-deploy"]
    assert "vpc.gateway_changed" in proposed.detections
    deployment = configured_deployment(settings_with(report, config, "a pipeline"))
    assert tested(tmp_path, deployment=deployment).findings == 0
    user = {"type": "IAMUser", "userName": "ci-deploy", "arn": "arn:aws:iam::444455556666:user/ci-deploy"}
    written(tmp_path, [record("vpc.internet_gateway_attached", userIdentity=user)])
    assert tested(tmp_path, deployment=deployment).findings == 1


def test_the_price_is_said_and_that_strangers_cannot_be_told(tested: Tested, tmp_path: Path) -> None:
    written(tmp_path, noise("terraform", 30))
    report = tested(tmp_path)
    assert report.events.forwarding_dollars == pytest.approx(30e-6)
    assert any("--org" in line for line in report.approximate)
    assert "on 2026-11-20" in report.toml
    known = usual_deployment()
    settings = msgspec.structs.replace(known.settings, organization_accounts=frozenset({"111122223333"}))
    knowing = tested(tmp_path, deployment=msgspec.structs.replace(known, settings=settings))
    assert not any("--org" in line for line in knowing.approximate)


def test_what_is_printed_last_can_be_copied_as_it_stands(tested: Tested, tmp_path: Path) -> None:
    written(tmp_path, noise("terraform", 30))
    printed = shown(tested(tmp_path))
    begin = printed.index("[[exclusions]]")
    assert tomllib.loads(printed[begin:])["exclusions"]
    assert "Not exact" in printed[:begin]
    assert "less than $0.01 at EventBridge's $1 per million" in printed


def test_of_nothing_nothing_is_said_but_how_much_was_read(tested: Tested, tmp_path: Path) -> None:
    printed = shown(tested(tmp_path))
    assert "0 findings\n" in printed
    assert "Not exact" not in printed
    assert "none" not in printed


def shown(report: BacktestReport) -> str:
    printed = io.StringIO()
    show(report, Console(file=printed, soft_wrap=True, highlight=False))
    return printed.getvalue()


def test_a_first_sight_is_one_finding_a_day_however_many_regions_a_caller_is_in(tested: Tested, tmp_path: Path) -> None:
    """A history's files come Region by Region, each from its first day."""
    detection, days = "sts.role_chaining_from_outside_org", range(11, 21)
    for region in ("eu-central-1", "eu-west-1", "us-east-1"):
        for day in days:
            seen = record(detection, awsRegion=region, eventTime=f"2026-11-{day}T10:00:00Z")
            folder = FOLDER.replace("eu-central-1", region).replace("11/20", f"11/{day}")
            written(tmp_path, [seen], folder=folder)
    assert found(tested(tmp_path))[detection] == len(days)


@pytest.mark.parametrize("total", [1, None], ids=["a directory", "a bucket, whose end is far"])
def test_a_bar_shows_files_and_events_while_it_reads(tmp_path: Path, total: int | None) -> None:
    written(tmp_path, [record("iam.user_created")])
    shown = io.StringIO()
    run = Run(USUAL, Period())
    console = Console(file=shown, force_terminal=True)
    _follow(run, files([str(tmp_path)], lambda: None), total, console, is_shown=True)
    assert "1 events" in shown.getvalue()
    assert run.progress.events == 1


def test_events_below_a_key_are_read_and_those_without_a_time_have_a_day_of_their_own(tmp_path: Path) -> None:
    timeless = {name: value for name, value in record("iam.user_created").items() if name != "eventTime"}
    lines = [{"event": record("iam.user_created")}, {"event": timeless}, {"other": 1}]
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    run = Run(USUAL, Period(), "event")
    for _ in run.read(files([str(tmp_path)], lambda: None)):
        pass
    report = report_of(run)
    assert {day: held.events for day, held in report.days.items()} == {"2026-11-20": 1, "unknown": 1}
    assert report.first_event == report.last_event
    assert report.events.other == 1


def test_what_was_read_before_it_was_stopped_is_told(tmp_path: Path) -> None:
    written(tmp_path, [record("iam.user_created")], "a.json.gz")
    run = Run(USUAL, Period())

    def history() -> Iterator[File]:
        yield from files([str(tmp_path)], lambda: None)
        raise KeyboardInterrupt

    assert not _follow(run, history(), None, Console(file=io.StringIO()), is_shown=False)
    assert report_of(run).findings == 1


def test_without_credentials_it_is_said_whose_are_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(BadInputError, match=r"--profile.*log archive"):
        _s3(None, None)


def test_a_roles_sessions_of_every_kind_are_one_caller(tested: Tested, tmp_path: Path) -> None:
    sessions = [by("ci", record("iam.policy_changed")) for _ in range(30)]
    for one in sessions[:15]:
        one["userIdentity"]["arn"] = "arn:aws:sts::111122223333:assumed-role/ci/release-of-tuesday"
    written(tmp_path, sessions)
    (proposed,) = tested(tmp_path).exclusions
    assert (proposed.actors, proposed.findings) == (["arn:aws:iam::111122223333:role/ci"], 30)
