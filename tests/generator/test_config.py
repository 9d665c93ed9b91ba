from pathlib import Path

import pytest

from contract.names import partition_of
from generator.config import Config, load
from generator.config_problems import ConfigError

SETTINGS = """
[organization]
id = "o-exampleorg1"
root = "r-exam"

[aws]
hub_account = "111122223333"
home_region = "eu-central-1"
"""


def loaded(folder: Path, text: str) -> Config:
    path = folder / "muster.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        loaded(folder, text)
    return str(refused.value).replace(f"{folder}/", "")


def test_the_global_region_is_always_one_of_the_regions(tmp_path: Path) -> None:
    assert loaded(tmp_path, SETTINGS).regions == ("eu-central-1", "us-east-1")


@pytest.mark.parametrize(
    ("region", "partition", "glob"),
    [
        ("eu-west-1", "aws", "us-east-1"),
        ("us-gov-east-1", "aws-us-gov", "us-gov-west-1"),
        ("cn-northwest-1", "aws-cn", "cn-north-1"),
    ],
)
def test_the_partition_follows_the_home_region(tmp_path: Path, region: str, partition: str, glob: str) -> None:
    config = loaded(tmp_path, SETTINGS.replace("eu-central-1", region))
    assert (config.partition, config.regions) == (partition, (region, glob))
    assert partition_of(region) == partition


def test_units_stand_above_the_root(tmp_path: Path) -> None:
    config = loaded(tmp_path, SETTINGS.replace('root = "r-exam"', 'root = "r-exam"\nous = ["ou-exam-12345678"]'))
    assert config.organization.targets == ("ou-exam-12345678",)


def test_a_detection_has_its_exceptions_beside_the_general_ones(tmp_path: Path) -> None:
    text = SETTINGS + '[detections]\nallowed_ports = [443]\n[detections."iam.user_created"]\nmode = "monitor"\n'
    detections = loaded(tmp_path, text).detections
    assert detections.allowed_ports == (443,)
    assert detections.by_id["iam.user_created"].mode == "monitor"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"111122223333"', "111122223333", "muster.toml:7: aws.hub_account: 111122223333 cannot be used: "),
        ("home_region", "home_regoin", "muster.toml:8: aws.home_regoin: is no setting; did you mean home_region? "),
        ('"eu-central-1"', '"Frankfurt"', 'muster.toml:8: aws.home_region: "Frankfurt" cannot be used: '),
        ('home_region = "eu-central-1"', "", "muster.toml:6: aws.home_region: is missing; add it: Region of the hub"),
        ('root = "r-exam"', "", 'muster.toml:2: organization: give root = "r-…" (every account) or '),
        ("[aws]", "[aws", "muster.toml: not TOML: Expected ']' at the end of a table declaration (at line 6"),
        ("[organization]", "[organisation]", "muster.toml:2: organisation: is no setting; did you mean organization? "),
    ],
)
def test_a_wrong_setting_is_one_line_with_file_line_field_and_mend(
    tmp_path: Path, old: str, new: str, line: str
) -> None:
    said = refusal(tmp_path, SETTINGS.replace(old, new))
    assert said.startswith(line)
    assert "\n" not in said


def test_a_detections_wrong_mode_names_the_allowed_ones(tmp_path: Path) -> None:
    said = refusal(tmp_path, SETTINGS + '[detections."iam.user_created"]\nmode = "loud"\n')
    assert said.startswith('muster.toml:10: detections.iam.user_created.mode: "loud" cannot be used: ')
    assert said.endswith("write live (told to people), monitor (only stored) or off")


def test_regions_of_two_partitions_are_refused(tmp_path: Path) -> None:
    said = refusal(tmp_path, SETTINGS + 'regions = ["cn-north-1"]\n')
    assert said == "muster.toml:6: aws: regions: cn-north-1 is in another partition than home_region eu-central-1"


def test_email_is_refused_where_ses_is_not_offered(tmp_path: Path) -> None:
    channel = '[channels.email]\nsender = "a@example.com"\nrecipients = ["b@example.com"]\n'
    said = refusal(tmp_path, SETTINGS.replace("eu-central-1", "cn-north-1") + channel)
    assert said == "muster.toml: channels.email: SES is not offered in China; remove [channels.email]"


def test_an_absent_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml: cannot be read: No such file.*; write one as README"):
        load(tmp_path / "absent.toml")


def test_every_setting_is_documented() -> None:
    waiting, undocumented = [Config], []
    while waiting:
        model = waiting.pop()
        undocumented += [
            f"{model.__name__}.{name}" for name, field in model.model_fields.items() if not field.description
        ]
        waiting += [
            field.annotation for field in model.model_fields.values() if hasattr(field.annotation, "model_fields")
        ]
    assert undocumented == []


def test_an_email_has_at_most_the_recipients_that_ses_takes(tmp_path: Path) -> None:
    def text(recipients: int) -> str:
        addresses = ", ".join(f'"one{number}@example.com"' for number in range(recipients))
        return f'{SETTINGS}[channels.email]\nsender = "muster@example.com"\nrecipients = [{addresses}]\n'

    assert loaded(tmp_path, text(50)).channels.email
    assert "write 1 to 50 addresses" in refusal(tmp_path, text(51))


def test_a_setting_that_nothing_reads_is_none(tmp_path: Path) -> None:
    said = refusal(
        tmp_path, SETTINGS.replace('root = "r-exam"', 'root = "r-exam"\npreferred_ous = ["ou-exam-12345678"]')
    )
    assert "preferred_ous: is no setting" in said
