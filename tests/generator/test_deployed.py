"""What the dashboard may know of the settings: all that holds, nothing of the machine that deploys."""

import msgspec

from contract.finding import Severity
from generator.config import Config
from generator.deployed import sections, written_deployed
from generator.snapshots import everything, sample
from hub.deployed import Written
from hub.store.deployed import Setting
from tests.generator.variants import variant


def settings_of(config: Config, section: str) -> dict[str, Setting]:
    (found,) = (one for one in sections(config) if one.name == section)
    return {one.name: one for one in found.settings}


def test_the_hub_reads_what_the_generator_writes() -> None:
    written = msgspec.convert(written_deployed(sample()), Written)
    names = {one.name for one in written.deployed.dead_letters}
    assert {"muster-detector-dlq", "muster-inventory-dlq"} <= names
    assert {one.kind for one in written.deployed.dead_letters} <= {"work", "calls", "changes", "events"}
    assert written.deployed.standing > 1


def test_the_prices_are_of_what_the_dashboard_counts() -> None:
    prices = written_deployed(sample())["deployed"]["prices"]
    counted = {"heartbeats", "their reports in the hub", "forwarded events", "findings heard of again", "new findings"}
    assert counted <= prices.keys()


def test_a_setting_says_whether_anybody_set_it() -> None:
    found = settings_of(sample(), "aws")
    assert found["home_region"] == Setting("home_region", "eu-central-1")
    assert found["prefix"] == Setting("prefix", "muster", is_usual=True)


def test_channels_of_any_name_are_there_with_the_names_of_their_secrets() -> None:
    slack = {"type": "slack", "secret": "muster/slack", "minimum_severity": Severity.HIGH}
    found = settings_of(variant(channels={"payments": slack}), "channels")
    assert found["payments.secret"].value == "muster/slack"
    assert found["payments.minimum_severity"].value == "HIGH"


def test_nothing_of_the_machine_that_deploys_is_told() -> None:
    config = variant(aws={"profile": "my-profile", "config_file": "my-aws-config"})
    assert config.aws.profile == "my-profile"
    said = msgspec.json.encode(written_deployed(config)).decode()
    assert "my-profile" not in said
    assert "my-aws-config" not in said
    assert "management_profile" not in said


def test_every_table_is_there_however_much_is_set() -> None:
    config = everything(sample())
    assert {one.name for one in sections(config)} == type(config).model_fields.keys() - {"suppressions"}


def test_a_route_is_told_in_words() -> None:
    route = {"name": "payments", "channels": ["email"], "minimum_severity": "HIGH", "detections": ["iam.*"]}
    raw = {**sample().model_dump(), "routes": [route]}
    (found,) = written_deployed(Config.model_validate(raw))["deployed"]["routes"]
    assert found["channels"] == ("email",)
    assert set(found["conditions"]) == {"minimum severity: HIGH", "detections: iam.*"}
