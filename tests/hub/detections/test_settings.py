"""What an organization may say about detections."""

from pathlib import Path

import pytest

from contract.finding import Mode, Severity
from hub.detections.settings import DEFAULTS, DetectionSettingsError, load_settings


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
