"""What an organization may say about detections."""

import json
from pathlib import Path

import pytest

from contract.finding import Mode, Severity
from hub.detections.catalogue import DETECTIONS
from hub.detections.engine import Engine
from hub.detections.settings import DEFAULTS, DetectionSettings, DetectionSettingsError, load_settings

EVENTS = Path(__file__).parents[2] / "events"
OBSERVED_AT = "2026-11-20T12:00:00.000000Z"


def raised(path: str, settings: DetectionSettings) -> bool:
    (one,) = [one for one in DETECTIONS if one.id == path.partition("/")[0]]
    return bool(Engine([one], settings).judge(json.loads((EVENTS / path).read_bytes()), OBSERVED_AT).findings)


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "settings.json") == DEFAULTS
    assert DEFAULTS.allowed_ports == (80, 443)


def test_the_file_says_ports_modes_and_severities(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(
        '{"allowed_ports": [8443], "modes": {"elb.changed": "off"}, "severities": {"s3.bucket_deleted": "HIGH"}}'
    )
    settings = load_settings(path)
    assert settings.allowed_ports == (8443,)
    assert settings.modes == {"elb.changed": Mode.OFF}
    assert settings.severities == {"s3.bucket_deleted": Severity.HIGH}


@pytest.mark.parametrize("written", ["", "[]", '{"modes": {"elb.changed": "loud"}}', '{"allowed_ports": ["many"]}'])
def test_a_wrong_file_is_refused_by_its_name(tmp_path: Path, written: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(written)
    with pytest.raises(DetectionSettingsError, match=r"settings\.json"):
        load_settings(path)


def test_without_allowed_regions_every_region_is_fine() -> None:
    event = "ec2.launch_in_unused_region/fires-instance.json"
    assert not raised(event, DEFAULTS)
    assert raised(event, DetectionSettings(allowed_regions=("eu-west-1",)))
    assert not raised(event, DetectionSettings(allowed_regions=("eu-west-1", "ap-southeast-1")))


def test_log_buckets_are_those_that_the_settings_name() -> None:
    trail = "cloudtrail.bucket_lifecycle_short/fires-one-day.json"
    other = "cloudtrail.bucket_lifecycle_short/quiet-another-bucket.json"
    named = DetectionSettings(log_buckets=("amzn-s3-demo-*",))
    assert (raised(trail, DEFAULTS), raised(other, DEFAULTS)) == (True, False)
    assert (raised(trail, named), raised(other, named)) == (False, True)


def test_how_long_logs_are_kept_at_least_is_a_setting() -> None:
    bucket = "cloudtrail.bucket_lifecycle_short/quiet-a-year.json"
    group = "logs.retention_shortened/quiet-a-year.json"
    longer = DetectionSettings(minimum_log_bucket_days=366, minimum_log_group_days=366)
    assert not raised(bucket, DEFAULTS)
    assert not raised(group, DEFAULTS)
    assert raised(bucket, longer)
    assert raised(group, longer)
