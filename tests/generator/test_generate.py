import json
from pathlib import Path

import msgspec
import pytest
from pydantic import ValidationError

from contract.finding import Severity
from generator.config import Config, Target
from generator.functions import DETECTOR, DIGEST, HUB_FUNCTIONS, INGESTER, INVENTORY
from generator.generate import Manifest, generate, templates, tuning
from generator.snapshots import blank_artefacts, everything
from hub.coverage import Scope
from hub.detections.settings import DetectionSettings
from hub.digest.due import DigestTimes, load_times
from hub.overrides import Override


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    folder = tmp_path_factory.mktemp("build")
    (folder / "cache").symlink_to(cache, target_is_directory=True)
    cache.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def manifest(config: Config, out: Path) -> Manifest:
    return generate(config, Target.HOST, out)


def test_the_manifest_lists_just_what_was_written(manifest: Manifest, out: Path) -> None:
    listed = {one.path for part in (manifest.templates, manifest.policies, manifest.functions) for one in part.values()}
    written = {str(path.relative_to(out / "host")) for path in (out / "host").rglob("*") if path.is_file()}
    assert listed | {"manifest.json"} == written
    assert Manifest.model_validate_json((out / "host" / "manifest.json").read_text()) == manifest


def test_templates_name_the_written_packages(manifest: Manifest, out: Path) -> None:
    for name in ("hub", "spoke"):
        resources = json.loads((out / "host" / f"{name}.template.json").read_text())["Resources"]
        keys = {one["Properties"]["Code"]["S3Key"] for one in resources.values() if one["Type"].endswith("::Function")}
        assert keys
        assert keys <= {one.key for one in manifest.functions.values()}


def test_the_hubs_packages_are_needed_at_home_only(manifest: Manifest, config: Config) -> None:
    for what in HUB_FUNCTIONS:
        assert manifest.functions[what.name].regions == (config.aws.home_region,)
    assert manifest.functions["heartbeat"].regions == config.regions


def test_writing_again_gives_the_same_bytes(manifest: Manifest, config: Config, out: Path) -> None:
    before = {path: path.read_bytes() for path in (out / "host").rglob("*") if path.is_file()}
    assert generate(config, Target.HOST, out) == manifest
    assert before == {path: path.read_bytes() for path in before}


def test_the_template_of_a_part_that_is_off_now_goes(config: Config, out: Path) -> None:
    generate(everything(config), Target.HOST, out)
    web = out / "host" / "web.template.json"
    assert web.exists()
    assert "web" not in generate(config, Target.HOST, out).templates
    assert not web.exists()


def test_the_targets_templates_differ_in_code_keys_only(config: Config) -> None:
    one, other = ({name: f"functions/{name}/{digit * 64}.zip" for name in blank_artefacts()} for digit in "12")
    first, second = templates(config, one), templates(config, other)
    assert {name: body.replace("1" * 64, "2" * 64) for name, body in first.items()} == second


def test_lists_travel_in_the_detectors_package(config: Config) -> None:
    detections = type(config.detections).model_validate(
        {
            "allowed_ports": [443],
            "allowed_regions": ["eu-central-1"],
            "log_buckets": ["logs-*"],
            "trusted_accounts": ["444455556666"],
            "iam.user_created": {"mode": "monitor"},
            "s3.bucket_acl_public": {"severity": "CRITICAL"},
        }
    )
    files = tuning(config.model_copy(update={"detections": detections}), DETECTOR)
    assert json.loads(files["hub/settings.json"]) == {
        "allowed_cidrs": [],
        "allowed_ports": [443],
        "allowed_regions": ["eu-central-1"],
        "counts": {},
        "exclusions": [],
        "has_usual_exclusions": True,
        "log_buckets": ["logs-*"],
        "minimum_log_bucket_days": 90,
        "minimum_log_group_days": 30,
        "modes": {"iam.user_created": "monitor"},
        "organization_id": config.organization.id,
        "prefix": "muster",
        "severities": {"s3.bucket_acl_public": "CRITICAL"},
        "trusted_accounts": ["444455556666"],
    }
    assert tuning(config, INGESTER) == {}


def test_the_inventory_is_told_where_spokes_are_and_what_is_different_somewhere(config: Config) -> None:
    overrides = [
        {"ous": ["ou-exam-11111111"], "skipped_checks": ["trail"]},
        {"accounts": ["222222222222"], "skipped_checks": []},
        {"accounts": ["333333333333"]},
    ]
    told = Config.model_validate(config.model_dump(exclude_unset=True) | {"overrides": overrides})
    files = tuning(told, INVENTORY)
    assert msgspec.json.decode(files["hub/scope.json"], type=Scope) == config.scope
    assert msgspec.json.decode(files["hub/overrides.json"], type=list[Override]) == [
        Override(ous=("ou-exam-11111111",), settings={"skipped_checks": ["trail"]}),
        Override(accounts=("222222222222",), settings={"skipped_checks": []}),
        Override(accounts=("333333333333",)),
    ]


def test_digests_are_told_when_they_come_and_what_is_overdue(config: Config, tmp_path: Path) -> None:
    written = tmp_path / "settings.json"
    written.write_bytes(tuning(config, DIGEST)["hub/digest/settings.json"])
    agreed = {Severity.CRITICAL: 7, Severity.HIGH: 30, Severity.MEDIUM: 90, Severity.LOW: 180}
    assert load_times(written) == DigestTimes(sla=agreed)
    asked = {
        "digests": {"hour": 6, "weekday": "friday", "time_zone": "Asia/Kolkata"},
        "findings": {"sla_days": {"critical": 2}},
    }
    told = Config.model_validate(config.model_dump(exclude_unset=True) | asked)
    written.write_bytes(tuning(told, DIGEST)["hub/digest/settings.json"])
    assert load_times(written) == DigestTimes(6, "friday", "Asia/Kolkata", {**agreed, Severity.CRITICAL: 2})


@pytest.mark.parametrize(
    ("table", "setting", "value"),
    [
        ("digests", "hour", 24),
        ("digests", "weekday", "Monday"),
        ("digests", "time_zone", "Europe/Nowhere"),
        ("findings", "sla_days", {"critical": 0}),
        ("findings", "sla_days", {"informational": 5}),
    ],
)
def test_what_digests_cannot_be_is_refused(config: Config, table: str, setting: str, value: object) -> None:
    with pytest.raises(ValidationError, match=setting):
        Config.model_validate(config.model_dump(exclude_unset=True) | {table: {setting: value}})


def test_the_detector_is_told_every_setting_but_the_accounts_that_it_reads_itself(config: Config) -> None:
    written = json.loads(tuning(config, DETECTOR)["hub/settings.json"])
    assert written.keys() == {*DetectionSettings.__struct_fields__} - {"organization_accounts"}
