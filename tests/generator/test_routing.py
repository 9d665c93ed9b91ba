"""What routes leave to nobody is said when templates are made, and by the doctor."""

import pytest

from generator.doctor.channels import _unheard
from generator.routing import silences
from tests.generator.test_channels import MAIL, config_of

SLACK = '[channels.slack]\nsecret = "muster/slack"\n'
EMAIL = f"[channels.email]\n{MAIL}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (EMAIL, ""),
        (f'{EMAIL}{SLACK}[[routes]]\nname = "some"\nchannels = ["email"]\n', "channels.slack: no route names it"),
        (
            f'{EMAIL}[[routes]]\nname = "some"\nchannels = ["owner"]\n',
            "routes[0].otherwise: where the tag names nobody",
        ),
        (
            (
                f'{EMAIL}{SLACK}[[routes]]\nname = "all"\nchannels = ["email"]\ndigest = ["daily"]\nis_last = true\n'
                '[[routes]]\nname = "late"\nchannels = ["slack"]\n'
            ),
            "routes[1]: all takes everything before it",
        ),
        (
            (
                f'{EMAIL}{SLACK}[[routes]]\nname = "worst"\nminimum_severity = "HIGH"\nchannels = ["email"]\n'
                'is_last = true\n[[routes]]\nname = "rest"\nchannels = ["slack"]\n'
            ),
            "",
        ),
    ],
)
def test_a_silence_is_said_where_it_is_and_only_there(text: str, said: str) -> None:
    assert " ".join(silences(config_of(text))).startswith(said)
    assert bool(silences(config_of(text))) is bool(said)


def test_a_topic_that_findings_go_to_and_nobody_hears_is_named() -> None:
    assert _unheard(config_of(SLACK)) == ["critical-alerts"], "nobody gets email: nobody hears the escalation"
    assert _unheard(config_of(EMAIL)) == [], "who gets email hears it there"
    routed = f'{EMAIL}[[routes]]\nname = "some"\nchannels = ["email", "alerts"]\n'
    assert _unheard(config_of(routed)) == ["alerts"]
    subscribed = f'{routed}[topics.alerts]\nsms = ["+4915112345678"]\n'
    assert _unheard(config_of(subscribed)) == []
