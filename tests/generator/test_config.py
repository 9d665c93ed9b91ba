from datetime import date, timedelta
from pathlib import Path

import boto3
import pytest

from contract.names import GLOBAL_REGIONS, partition_of
from generator.commands.rollout import _loaded as to_be_rolled_out
from generator.config import Config, load
from generator.config_problems import SHOWN, ConfigError
from generator.offered import LogRetention
from generator.settings.regions import known_regions
from generator.settings.tables import tables

SETTINGS = """
[organization]
id = "o-exampleorg1"
root = "r-exam"

[aws]
hub_account = "111122223333"
home_region = "eu-central-1"
"""
DAYS = f"{', '.join(map(str, [*LogRetention][:-1]))} or 3653"
CHECKS = '"dead letters", "roles", "rules" or "trail"'
EMAIL = '[channels.email]\nsender = "a@example.com"\nrecipients = ["b@example.com"]\n'


def loaded(folder: Path, text: str) -> Config:
    path = folder / "muster.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def refusals(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        loaded(folder, text)
    return str(refused.value).replace(f"{folder}/", "").split("\n")


def refusal(folder: Path, text: str) -> str:
    (line,) = refusals(folder, text)
    return line


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
        (
            '"111122223333"',
            "111122223333",
            "7: aws.hub_account: 111122223333 cannot be used; write 12 digits, in quotes",
        ),
        (
            "home_region",
            "home_regoin",
            "8: aws.home_regoin: is no setting; did you mean home_region? Allowed here: allow",
        ),
        (
            '"eu-central-1"',
            '"Frankfurt"',
            '8: aws.home_region: "Frankfurt" cannot be used; write a Region, such as eu-c',
        ),
        (
            'home_region = "eu-central-1"',
            "",
            "6: aws.home_region: is missing; add it: Region of the hub (a Region, such",
        ),
        (
            'root = "r-exam"',
            "",
            '2: organization.root: is missing; give root = "r-…" (every account) or ous = ["ou-…"] (some)',
        ),
        ("[aws]", "[aws", "6: not TOML: Expected ']' at the end of a table declaration; quote texts, close every"),
        ("[aws]", "[organization]", "6: not TOML: Cannot declare ('organization',) twice; quote texts, "),
        ("[organization]", "[organisation]", "2: organisation: is no setting; did you mean organization? Allowed here"),
    ],
)
def test_a_wrong_setting_is_one_line_with_file_line_field_and_mend(
    tmp_path: Path, old: str, new: str, line: str
) -> None:
    assert refusal(tmp_path, SETTINGS.replace(old, new)).startswith(f"muster.toml:{line}")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        # Enumerations: all that is allowed.
        (
            '[detections."iam.user_created"]\nmode = "loud"',
            '10: detections."iam.user_created".mode: "loud" cannot be used; write "live", "monitor" or "off"',
        ),
        (
            "[findings]\nlog_retention_days = 15",
            f"10: findings.log_retention_days: 15 cannot be used; write {DAYS}",
        ),
        # Types: nothing is taken for something else.
        ('[spoke]\ntracing = "no"', '10: spoke.tracing: "no" cannot be used; write true or false'),
        (
            "[findings]\nevent_archive_days = true",
            "10: findings.event_archive_days: true cannot be used; write 1 to 3650",
        ),
        (
            'regions = "eu-west-1"',
            '9: aws.regions: "eu-west-1" cannot be used; write a list, such as ["eu-central-1", "eu-west-1"]: Regi',
        ),
        ("spoke = 3", "9: aws.spoke: is no setting; remove it. Allowed here: allow_unknown_regions, config_file, "),
        (
            "[web]\ndashboard_url = 'muster.example.com'",
            '10: web.dashboard_url: "muster.example.com" cannot be used; wri',
        ),
        # Nested and inline tables, dotted and quoted keys.
        (EMAIL.replace("a@", "a"), '10: channels.email.sender: "aexample.com" cannot be used; write an email address'),
        (
            '[channels]\nemail = { sender = "a@example.com" }',
            "10: channels.email.recipients: is missing; add it: Who gets every notification (1 to 50 email addresses)",
        ),
        (
            "[channels]\nemail.recipients = ['b@example.com']\nemail.sender = 1",
            "11: channels.email.sender: 1 cannot be used; write an email address",
        ),
        (
            "[channels]\n'e mail' = 1",
            '10: channels."e mail": a channel\'s name has 2 to 40 lower-case letters and digits, hyphens between them',
        ),
        ("[channels]\nemail = 1", "10: channels.email: 1 cannot be used; write a table: [channels.email]"),
        # Arrays of tables, items of lists.
        ("[overrides]\nous = []", '9: overrides: {"ous": []} cannot be used; write [[overrides]], a table for each'),
        (
            '[[overrides]]\nous = ["ou-exam-12345678"]\n[web]\n[[overrides]]\nous = [\n  "r-exam",\n  "ou-x",\n]\n',
            '15: overrides[1].ous[1]: "ou-x" cannot be used; write a unit\'s id, such as ou-exam-12345678',
        ),
        (
            '[[overrides]]\nous = ["r-exam"]\nskipped_checks = ["rules", "nothing"]\n',
            f'11: overrides[0].skipped_checks[1]: "nothing" cannot be used; write {CHECKS}',
        ),
        (
            '[[overrides]]\nous = ["r-exam"]\n[[overrides]]\nskipped_checks = ["trail"]\n',
            '11: overrides[1]: give accounts = ["<12 digits>"] or ous = ["ou-…"]',
        ),
        # Networks are compared as texts.
        (
            '[detections]\nallowed_cidrs = ["10.0.0.1/8"]',
            "10: detections.allowed_cidrs[0]: 10.0.0.1/8 is no network as AWS writes it; did you mean 10.0.0.0/8?",
        ),
        (
            '[detections]\nallowed_cidrs = ["10.0.0.0/33"]',
            "10: detections.allowed_cidrs[0]: 10.0.0.0/33 is no network; write a CIDR block, such as 192.0.2.0/24",
        ),
        (
            '[detections]\ntrusted_accounts = ["4444-5555-6666"]',
            '10: detections.trusted_accounts[0]: "4444-5555-6666" cannot be used; write 12 digits',
        ),
        (
            '[detections]\nallowed_regions = ["Frankfurt"]',
            '10: detections.allowed_regions[0]: "Frankfurt" cannot be used; write a Region, such as eu-central-1',
        ),
        (
            '[detections]\nallowed_regions = ["eu-central-1", "eu-centrall-1"]',
            "10: detections.allowed_regions[1]: eu-centrall-1 is no Region that this version knows; did you mean eu-",
        ),
        (
            '[detections]\nlog_buckets = ["Logs_*"]',
            '10: detections.log_buckets[0]: "Logs_*" cannot be used; write a bucket\'s name, * for any characters',
        ),
        (
            "[detections]\nminimum_log_bucket_days = 0",
            "10: detections.minimum_log_bucket_days: 0 cannot be used; write 1 to 3650",
        ),
    ],
)
def test_the_line_and_the_field_are_exact_and_what_is_allowed_is_said(tmp_path: Path, text: str, line: str) -> None:
    assert refusal(tmp_path, f"{SETTINGS}{text}\n").startswith(f"muster.toml:{line}")


def test_networks_may_overlap(tmp_path: Path) -> None:
    cidrs = ("10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32")
    text = f'{SETTINGS}[detections]\nallowed_cidrs = ["{cidrs[0]}", "{cidrs[1]}", "{cidrs[2]}"]\n'
    assert loaded(tmp_path, text).detections.allowed_cidrs == cidrs


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            'root = "r-exam"',
            'ous = ["ou-exam-12345678"]\nexcluded_ous = ["ou-exam-12345678"]',
            "4: organization.ous[0]: ou-exam-12345678 is in excluded_ous too; take it out of one of them",
        ),
        (
            'root = "r-exam"',
            'root = "r-exam"\nexcluded_ous = ["ou-exam-12345678"]\ncanary_ous = ["ou-exam-12345678"]',
            "6: organization.canary_ous[0]: ou-exam-12345678 is in excluded_ous too; take it out of one of them",
        ),
        (
            'root = "r-exam"',
            'root = "r-exam"\nexcluded_accounts = [\n"444455556666",\n"222222222222",\n"444455556666"]',
            "8: organization.excluded_accounts[2]: 444455556666 is listed twice; remove one",
        ),
        (
            'root = "r-exam"',
            'root = "r-exam"\nexcluded_accounts = ["111122223333"]',
            "5: organization.excluded_accounts[0]: 111122223333 is aws.hub_account, which always has a spoke; take it",
        ),
        (
            'root = "r-exam"',
            'root = "r-exam"\nmanagement_account = "111122223333"',
            "8: aws.hub_account: 111122223333 is the management account, which StackSets never reach; choose a member ",
        ),
        (
            'root = "r-exam"',
            'root = "r-exam"\ninclude_management_account = true',
            '5: organization.include_management_account: give management_account = "<12 digits>" too',
        ),
        (
            'root = "r-exam"',
            'root = "r-exam"\ninclude_management_account = true\nmanagement_account = "999999999999"',
            "5: organization.include_management_account: name its profile in aws.management_profile",
        ),
        (
            "[aws]",
            '[spoke]\ntrail = "organization"\n[aws]',
            "7: spoke.trail: an organization's trail needs organization.management_account",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(tmp_path: Path, old: str, new: str, line: str) -> None:
    assert refusal(tmp_path, SETTINGS.replace(old, new)).startswith(f"muster.toml:{line}")


@pytest.mark.parametrize(
    ("key", "mend"),
    [
        (
            '"iam.user_creatd"',
            '9: detections."iam.user_creatd": is neither a setting nor a detection\'s id; did you mean ',
        ),
        (
            '"made.up_quite_freely"',
            '9: detections."made.up_quite_freely": is neither a setting nor a detection\'s id; doc',
        ),
        (
            '"muster.spoke_silent"',
            '9: detections."muster.spoke_silent": is what Muster finds about itself, which no setting changes',
        ),
        (
            '"iam.policy_changed.attempted"',
            '9: detections."iam.policy_changed.attempted": has no table of its own: iam.policy_changed holds for ',
        ),
        (
            "allowed_port",
            "9: detections.allowed_port: is neither a setting nor a detection's id; did you mean allowed_",
        ),
        (
            "iam.user_created",
            "9: detections.iam: is half of a detection's id; write the whole id in quotes: [detections.",
        ),
    ],
)
def test_exceptions_are_of_detections_that_there_are(tmp_path: Path, key: str, mend: str) -> None:
    assert refusal(tmp_path, f'{SETTINGS}[detections.{key}]\nmode = "off"\n').startswith(f"muster.toml:{mend}")


@pytest.mark.parametrize(
    ("wanted", "mend"),
    [
        ("iam.polcy_changed", "is no detection's id; did you mean iam.policy_changed?"),
        ("iam.polcy_changed.attempted", "is no detection's id; did you mean iam.policy_changed?"),
        ("muster.*", "is what Muster finds about itself, which no setting changes; suppress it in the dashboard"),
        ("xyz*", "is no detection's id; docs/detections.md lists the ids"),
    ],
)
def test_exclusions_are_of_detections_that_there_are(tmp_path: Path, wanted: str, mend: str) -> None:
    table = f'[[exclusions]]\nreason = "pipeline"\ndetections = ["{wanted}"]\n'
    assert f": exclusions[0].detections[0]: {wanted} {mend}" in refusal(tmp_path, SETTINGS + table)


@pytest.mark.parametrize(
    ("region", "mend"),
    [
        ("eu-centrall-1", "is no Region that this version knows; did you mean eu-central-1 or"),
        (
            "us-est-1",
            "is no Region that this version knows; did you mean us-west-1 or us-east-1? A newer Region needs aws.",
        ),
        ("xx-zzz-9", "is no Region that this version knows; a newer one needs aws.allow_unknown_regions = true"),
        ("us-iso-east-1", "is in partition aws-iso; Muster runs in aws, aws-us-gov, aws-cn only"),
        ("eusc-de-east-1", "is in partition aws-eusc; Muster runs in aws, aws-us-gov, aws-cn only"),
        ("aws-global", 'aws-global" cannot be used; write a Region, such as eu-central-1'),
    ],
)
def test_a_region_that_there_is_not_is_refused(tmp_path: Path, region: str, mend: str) -> None:
    said = refusal(tmp_path, SETTINGS.replace("eu-central-1", region))
    assert said.startswith("muster.toml:8: aws.home_region: ")
    assert mend in said


def test_a_region_that_is_newer_than_the_pins_is_taken_when_asked(tmp_path: Path) -> None:
    text = SETTINGS + 'regions = ["eu-north-9"]\n'
    assert "aws.regions[0]: eu-north-9 is no Region" in refusal(tmp_path, text)
    assert "eu-north-9" in loaded(tmp_path, text + "allow_unknown_regions = true\n").regions


def test_every_region_of_boto3_is_known() -> None:
    session = boto3.Session()
    for partition in GLOBAL_REGIONS:
        regions = session.get_available_regions("lambda", partition)
        assert regions
        assert {known_regions()[one] for one in regions} == {partition}
        assert {partition_of(one) for one in regions} == {partition}


def test_regions_of_two_partitions_are_refused(tmp_path: Path) -> None:
    said = refusal(tmp_path, SETTINGS + 'regions = ["eu-west-1", "cn-north-1"]\n')
    assert said == (
        "muster.toml:9: aws.regions[1]: cn-north-1 is in another partition than home_region eu-central-1; take it out"
    )


def test_what_a_partition_lacks_is_refused_by_name(tmp_path: Path) -> None:
    text = SETTINGS.replace("eu-central-1", "cn-north-1") + "[spoke]\ntracing = true\n" + EMAIL
    assert refusals(tmp_path, text) == [
        "muster.toml:10: spoke.tracing: X-Ray takes no traces of Lambda in China; set it to false",
        "muster.toml:11: channels.email: SES is not offered in China; remove [channels.email]; [channels.smtp] is",
    ]
    assert loaded(tmp_path, text.replace("cn-north-1", "us-gov-west-1")).channels.email


def test_all_that_is_wrong_is_said_from_the_first_line_to_the_last(tmp_path: Path) -> None:
    text = SETTINGS.replace("o-exampleorg1", "x").replace("1111", "") + '[spoke]\nalarm = true\nruntime = "python2.7"\n'
    assert [line.split(": ")[:2] for line in refusals(tmp_path, text)] == [
        ["muster.toml:3", "organization.id"],
        ["muster.toml:7", "aws.hub_account"],
        ["muster.toml:10", "spoke.alarm"],
        ["muster.toml:11", "spoke.runtime"],
    ]


def test_of_very_much_that_is_wrong_the_rest_is_counted(tmp_path: Path) -> None:
    lines = refusals(
        tmp_path, SETTINGS + "[spoke]\n" + "".join(f"made_up_{number} = 1\n" for number in range(SHOWN + 3))
    )
    assert len(lines) == SHOWN + 1
    assert lines[0].startswith("muster.toml:10: spoke.made_up_0: ")
    assert lines[-1] == "muster.toml: and 3 more"


def test_nothing_is_a_whole_file_with_two_tables_missing(tmp_path: Path) -> None:
    assert refusals(tmp_path, "") == [
        "muster.toml: aws: is missing; add the table [aws]: where the hub is",
        "muster.toml: organization: is missing; add the table [organization]: which accounts",
    ]


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_files_of_windows_are_read_and_their_lines_counted(tmp_path: Path, start: bytes, newline: str) -> None:
    path = tmp_path / "muster.toml"
    path.write_bytes(start + SETTINGS.replace("\n", newline).encode())
    assert load(path).organization.root == "r-exam"
    path.write_bytes(start + SETTINGS.replace("eu-central-1", "Frankfurt").replace("\n", newline).encode())
    with pytest.raises(ConfigError, match=r"muster\.toml:8: aws\.home_region: "):
        load(path)


def test_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "muster.toml"
    path.write_bytes(SETTINGS.encode("utf-16"))
    with pytest.raises(ConfigError, match=r"muster\.toml: cannot be read: it is no text in UTF-8; mend that, or write"):
        load(path)


def test_an_absent_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml: no such file; write one with `muster init`"):
        load(tmp_path / "absent.toml")


def test_every_setting_is_documented_and_says_what_is_allowed() -> None:
    for table in tables(Config):
        assert table.what, table.path
        for one in table.settings:
            assert one.what.lower() != one.name.lower(), f"{table.path} {one.name}: Field(description=…)"
            assert one.allowed, f"{table.path} {one.name}: a Form"
            assert one.example is not None, f"{table.path} {one.name}: Field(examples=[…])"


def test_an_email_has_at_most_the_recipients_that_ses_takes(tmp_path: Path) -> None:
    def text(recipients: int) -> str:
        addresses = ", ".join(f'"one{number}@example.com"' for number in range(recipients))
        return f'{SETTINGS}[channels.email]\nsender = "muster@example.com"\nrecipients = [{addresses}]\n'

    assert loaded(tmp_path, text(50)).channels.email
    for count in (0, 51):
        assert refusal(tmp_path, text(count)).endswith(": 1 to 50 email addresses")


def test_a_setting_that_nothing_reads_is_none(tmp_path: Path) -> None:
    said = refusal(
        tmp_path, SETTINGS.replace('root = "r-exam"', 'root = "r-exam"\npreferred_ous = ["ou-exam-12345678"]')
    )
    assert "preferred_ous: is no setting" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'api_calls = ["PutRolePolicy"]',
            "api_calls[0]: PutRolePolicy is no API call; write it as iam:PutRolePolicy, with * for any text",
        ),
        ('source_ips = ["10.0.0.1/8"]', "source_ips[0]: 10.0.0.1/8 is no network as AWS writes it; did you mean"),
        (
            'resources = ["my-bucket"]',
            "resources[0]: my-bucket is no ARN; write arn:aws:s3:::my-bucket, or *:my-bucket",
        ),
        ('resources = ["website-*"]', "resources[0]: website-* is no ARN; write"),
        ('actor_kinds = ["robot"]', "actor_kinds[0]: robot is no kind of caller; write root, iam-user"),
        (
            'detections = ["iam.polcy_changed"]',
            "detections[0]: iam.polcy_changed is no detection's id; did you mean iam.",
        ),
        ('detections = ["*"]', "this leaves out every finding; give detections or one of actors"),
        ('actors = ["*"]', "this leaves out every finding"),
        ('source_ips = ["0.0.0.0/0"]\ndetections = ["*.*"]', "this leaves out every finding"),
        (
            'detections = ["iam.policy_changed"]',
            'iam.policy_changed finds; write [detections."iam.policy_changed"] mode = "off", which is not forwarded',
        ),
    ],
)
def test_an_exclusion_that_can_never_or_always_match_is_refused(tmp_path: Path, text: str, said: str) -> None:
    line = refusal(tmp_path, f'{SETTINGS}[[exclusions]]\nreason = "a test"\n{text}\n')
    assert line.startswith("muster.toml:")
    assert said in line


@pytest.mark.parametrize(
    "text",
    [
        'detections = ["iam.policy_changed.attempted"]',
        'detections = ["iam.policy_changed"]\nuntil = 2027-06-01',
        'detections = ["vpc.*"]',
        'resources = ["*:my-bucket", "arn:aws:s3:::website-*", "arn:*"]',
        'actor_kinds = ["role*"]',
        'source_ips = ["192.0.2.*", "10.0.0.0/8", "2001:db8::/32", "cloudformation.amazonaws.com"]',
    ],
)
def test_an_exclusion_of_something_is_taken(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, f'{SETTINGS}[[exclusions]]\nreason = "a test"\n{text}\n').exclusions


def test_api_calls_may_be_written_as_the_docs_list_them(tmp_path: Path) -> None:
    text = 'api_calls = ["iam:PutRolePolicy", "iam:*", "*:Put*", "s3.amazonaws.com:HeadBucket"]'
    (one,) = loaded(tmp_path, f'{SETTINGS}[[exclusions]]\nreason = "a test"\n{text}\n').exclusions
    assert one.api_calls == (
        "iam.amazonaws.com:PutRolePolicy",
        "iam.amazonaws.com:*",
        "*:Put*",
        "s3.amazonaws.com:HeadBucket",
    )


@pytest.mark.parametrize("reason", ["x", "12 findings on 2026-11-20 (muster backtest); say here why they are fine"])
def test_a_reason_that_says_nothing_is_refused_and_hides_no_other_mistake(tmp_path: Path, reason: str) -> None:
    text = f'[[exclusions]]\nreason = "{reason}"\ndetections = ["iam.nothing"]\ntags = ["x"]\n'
    assert [line.split(": ")[1] for line in refusals(tmp_path, SETTINGS + text)] == [
        "exclusions[0].reason",
        "exclusions[0].detections[0]",
        "exclusions[0].tags[0]",
    ]


def test_an_exclusion_that_is_over_is_told_and_no_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = '[[exclusions]]\nreason = "a test"\nactors = ["ci"]\nuntil = "2025-01-01"\n'
    config = loaded(tmp_path, SETTINGS + text)
    assert config.expired(date(2024, 12, 31)) == []
    (line,) = config.expired(date(2025, 1, 1))
    assert line.startswith("exclusions[0].until: it holds no more since 2025-01-01")
    assert to_be_rolled_out(tmp_path / "muster.toml") == config
    assert f"muster.toml: {line}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('created_at_key = "CreatedBy"', "creator.created_by_key: CreatedBy is the key of two tags"),
        ('tags = ["CreatedBy=me"]', "CreatedBy is the key of two tags"),
        ('created_by_key = "aws:createdBy"', "keys that begin with aws: are AWS's own"),
        ('tags = ["Owner=a, b"]', "Key=value"),
        ('tags = ["Owner=a", "Owner=b"]', "Owner is the key of two tags"),
        (f'tags = ["{"K" * 128}=x", "L=y"]', "too long for the tagger's role"),
    ],
)
def test_tags_that_cannot_be_written_are_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(tmp_path, f"{SETTINGS}\n[creator]\n{text}\n")


def test_further_tags_are_written_in_order(tmp_path: Path) -> None:
    text = 'created_at_key = "CreatedAt"\ncreated_by_role_key = "Role"\ntags = ["CostCenter=42"]'
    creator = loaded(tmp_path, f"{SETTINGS}\n[creator]\n{text}\n").creator
    assert creator.tag_keys() == ["CreatedBy", "CreatedAt", "Role", "CostCenter"]
    assert creator.tag_settings().fixed == {"CostCenter": "42"}


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ('retention = "0days"', "'0days' is no retention; write 90days, or forever"),
        ('retention = "90"', "<n>days, or forever"),
        ('schedule = "cron(0 2 1 * ? *)"', "say how many hours may pass between two runs of cron(0 2 1 * ? *)"),
        ('schedule = "every day"', "a rate(…) or cron(…) of EventBridge"),
        ("expiry_wait_days = 6", "7 to 365"),
        ('tags = ["DeleteOn=2027-01-01"]', "DeleteOn means something by itself; name another"),
        ('tags = ["Team=a", "Team=b"]', "Team is the key of two tags; give each its own"),
    ],
)
def test_a_retention_that_cannot_be_kept_is_refused(tmp_path: Path, setting: str, line: str) -> None:
    assert line in refusal(tmp_path, f"{SETTINGS}\n[backup]\n{setting}\n")


def test_a_schedule_that_needs_a_calendar_is_taken_with_its_hours(tmp_path: Path) -> None:
    schedule = 'schedule = "cron(0 2 1 * ? *)"\ninterval_hours = 744'
    config = loaded(tmp_path, f"{SETTINGS}\n[backup]\n{schedule}\n")
    assert config.backup.interval == timedelta(days=31)
