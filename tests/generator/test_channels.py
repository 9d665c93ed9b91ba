"""`[channels.<name>]`: what is refused, by field and with the mend, and what the hub reads of the rest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from generator.config import Config, parsed
from generator.config_problems import ConfigError
from generator.routing import written_channels
from generator.settings.channels import TYPES
from hub.channels.catalogue import CHANNELS
from hub.channels.settings import ChannelSettings, Email, Slack, Smtp, Sns, load_channels

BASE = """
[organization]
id = "o-exampleorg1"
root = "r-exam"
[aws]
hub_account = "111122223333"
home_region = "eu-central-1"
"""
MAIL = 'sender = "a@example.com"\nrecipients = ["b@example.com"]\n'
LEAST = {
    "email": MAIL,
    "smtp": f'{MAIL}host = "smtp.example.com"\n',
    "eventbridge": "",
    **dict.fromkeys(("slack", "teams", "pagerduty", "webhook", "apprise"), 'secret = "muster/secret"\n'),
}


def config_of(text: str) -> Config:
    return parsed(BASE + text, Path("muster.toml"))


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        config_of(text)
    return str(caught.value)


@pytest.fixture
def hub(tmp_path: Path) -> Callable[[Config], dict[str, ChannelSettings]]:
    """Write settings as `muster generate` does, and read them as the functions do."""

    def read(config: Config) -> dict[str, ChannelSettings]:
        path = tmp_path / "channels.json"
        path.write_bytes(msgspec.json.encode(written_channels(config)))
        return load_channels(path)

    return read


def test_every_type_has_settings_here_and_there_and_a_channel() -> None:
    theirs = {str(one.__struct_config__.tag): one for one in get_args(ChannelSettings)}
    # The hub's own topics are channels that nobody writes.
    assert {*TYPES, "sns"} == {*theirs}
    assert {*CHANNELS} == {*get_args(ChannelSettings)}


@pytest.mark.parametrize("kind", TYPES)
def test_both_sides_have_the_same_fields_with_the_same_defaults(kind: str) -> None:
    (theirs,) = [one for one in get_args(ChannelSettings) if one.__struct_config__.tag == kind]
    fields = {one.name: one for one in msgspec.structs.fields(theirs)}
    model = TYPES[kind].model_fields
    assert fields.keys() == model.keys() - {"type"} | {"name"}
    for name, field in model.items():
        if name != "type":
            default = msgspec.NODEFAULT if field.is_required() else field.default
            assert fields[name].default == default, name


@pytest.mark.parametrize("kind", TYPES)
def test_a_table_called_as_its_type_needs_no_type_and_one_with_another_name_does(hub: Any, kind: str) -> None:
    config = config_of(f'[channels.{kind}]\n{LEAST[kind]}[channels.payments-2]\ntype = "{kind}"\n{LEAST[kind]}')
    read = hub(config)
    assert type(read[kind]) is type(read["payments-2"])
    assert read[kind] == msgspec.structs.replace(read["payments-2"], name=kind)
    assert read[kind] == msgspec.json.decode(
        msgspec.json.encode(config.channels.named[kind].written(kind)), type=ChannelSettings
    )


def test_everything_that_is_written_is_read(hub: Any) -> None:
    read = hub(
        config_of(
            '[channels.email]\nsender = "a@example.com"\nrecipients = ["b@example.com", "c@example.com"]\n'
            'reply_to = "d@example.com"\nminimum_severity = "HIGH"\nmerge_minutes = 60\nmessages_per_hour = 1000\n'
            'time_zone = "Europe/Berlin"\nidentity_arn = "arn:aws:ses:eu-central-1:444455556666:identity/example.com"\n'
            f'[channels.smtp]\n{LEAST["smtp"]}port = 465\nsecurity = "tls"\nsecret = "muster/smtp"\n'
            '[channels.ops]\ntype = "slack"\n'
            'secret = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:muster/slack-AbCdEf"\n'
        )
    )
    assert read["email"] == Email(
        name="email",
        sender="a@example.com",
        recipients=("b@example.com", "c@example.com"),
        reply_to="d@example.com",
        minimum_severity="HIGH",  # type: ignore[arg-type]
        merge_minutes=60,
        messages_per_hour=1_000,
        time_zone="Europe/Berlin",
        identity_arn="arn:aws:ses:eu-central-1:444455556666:identity/example.com",
    )
    assert isinstance(read["smtp"], Smtp)
    assert (read["smtp"].port, read["smtp"].security, read["smtp"].secret) == (465, "tls", "muster/smtp")
    assert isinstance(read["ops"], Slack)
    assert [name for name, one in read.items() if isinstance(one, Sns)] == ["alerts", "critical-alerts"]


def test_without_channels_there_are_the_topics(hub: Any) -> None:
    assert [*hub(config_of(""))] == ["alerts", "critical-alerts"]


@pytest.mark.parametrize(
    ("kind", "secret"),
    [
        ("slack", "https://hooks.slack.com/services/T0000/B0000/tell-nobody"),
        ("teams", "HTTPS://example.com/workflows/tell-nobody"),
        ("apprise", "discord://1/tell-nobody"),
        ("webhook", '{"url": "https://example.com", "key": "tell-nobody"}'),
        ("pagerduty", "0123456789tellnobody0123456789ab"),
    ],
)
def test_a_secret_in_place_of_its_name_is_refused_and_not_shown(kind: str, secret: str) -> None:
    said = refused(f"[channels.{kind}]\nsecret = '{secret}'\n")
    assert said.startswith(f"muster.toml:9: channels.{kind}.secret: this is the secret itself: replace it")
    assert "nobody" not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[channels.payments]\nsecret = "x"',
            "channels.payments: which kind of channel is it? write type = and one of",
        ),
        ('[channels.slak]\nsecret = "x"', "did you mean slack?"),
        ('[channels.payments]\ntype = "slak"\nsecret = "x"', "did you mean slack?"),
        ('[channels.payments]\ntype = ["slack"]\nsecret = "x"', "there is no type ['slack']"),
        ('[channels.payments]\ntype = "sns"', "there is no type sns; "),
        ('[channels]\npayments = "slack"', "channels.payments: it is a table: [channels.payments]"),
        ('[channels.payments]\ntype = "slack"', "channels.payments.secret: is missing; add it"),
        (f'[channels.email]\ntype = "smtp"\n{MAIL}', 'channels.email.type: "smtp" cannot be used; write "email"'),
        ('[channels.owner]\ntype = "slack"\nsecret = "x"', "owner has a meaning of its own in routes"),
        ('[channels.alerts]\ntype = "slack"\nsecret = "x"', "alerts has a meaning of its own in routes"),
        ('[channels.critical-alerts]\ntype = "slack"\nsecret = "x"', "critical-alerts has a meaning of its own"),
        ('[channels.Payments]\ntype = "slack"\nsecret = "x"', "a channel's name has 2 to 40 lower-case letters"),
        ('[channels.p]\ntype = "slack"\nsecret = "x"', "a channel's name has 2 to 40 lower-case letters"),
        (f'[channels.{"p" * 41}]\ntype = "slack"\nsecret = "x"', "a channel's name has 2 to 40 lower-case letters"),
        ('[channels.pay-]\ntype = "slack"\nsecret = "x"', "hyphens between them"),
        ('[channels.slack-dlq]\ntype = "slack"\nsecret = "x"', "not -dlq at its end"),
        (
            '[channels.team1]\ntype = "eventbridge"\n[channels.team-1]\ntype = "eventbridge"',
            "channels.team-1: it differs from team1 by hyphens alone",
        ),
        ('[channels.slack]\nsecret = "x"\ntime_zone = "Europe/Berln"', "did you mean Europe/Berlin?"),
        ('[channels.slack]\nsecret = "x"\nmerge_minutes = 0', "merge_minutes: 0 cannot be used; write 1 to 60"),
        ('[channels.slack]\nsecret = "x"\nmerge_minutes = 61', "merge_minutes: 61 cannot be used; write 1 to 60"),
        ('[channels.slack]\nsecret = "x"\nmessages_per_hour = 4', "4 cannot be used; write 5 to 1000"),
        ('[channels.slack]\nsecret = "x"\nmessages_per_hour = 1001', "1001 cannot be used; write 5 to 1000"),
        ('[channels.slack]\nsecret = "two words"', "write name or ARN of a secret in Secrets Manager"),
        (
            '[channels.slack]\nsecret = "arn:aws:secretsmanager:eu-central-1:444455556666:secret:s-AbCdEf"',
            "channels.slack.secret: it is in eu-central-1 of 444455556666; the hub reads eu-central-1 of 111122223333",
        ),
        (
            '[channels.slack]\nsecret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:s-AbCdEf"',
            "channels.slack.secret: it is in us-east-1 of 111122223333",
        ),
        ('[channels.eventbridge]\nbus = "no bus"', 'channels.eventbridge.bus: "no bus" cannot be used'),
        ('[channels.pagerduty]\nsecret = "x"\nservice_region = "de"', 'write "us" or "eu"'),
        (f"[channels.smtp]\n{LEAST['smtp']}port = 0", "channels.smtp.port: 0 cannot be used; write 1 to 65535"),
        (f'[channels.smtp]\n{LEAST["smtp"]}security = "ssl"', 'write "starttls", "tls" or "none"'),
        (
            f'[channels.smtp]\n{LEAST["smtp"]}security = "none"\nsecret = "s"',
            "channels.smtp.security: with none the password would travel in the open",
        ),
        ('[channels.smtp]\nhost = "https://smtp.example.com"\n' + MAIL, "write a host's name"),
    ],
)
def test_what_cannot_be_is_refused_with_the_mend(text: str, said: str) -> None:
    assert said in refused(text)
