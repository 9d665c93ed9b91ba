"""Settings lead to a channel that works."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from hub.channels import catalogue
from hub.channels.catalogue import CHANNELS, channel_of
from hub.channels.settings import ChannelSettings, Email, Sns
from hub.notifier.notification import Notification

DOCS = (Path(__file__).parents[3] / "docs" / "channels.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _emulated(aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(catalogue, "aws_client", aws)
    catalogue._secrets.cache_clear()
    yield
    catalogue._secrets.cache_clear()


def test_every_kind_of_settings_makes_a_channel() -> None:
    needs = {"sender": "a@example.com", "recipients": ["b@example.com"], "host": "h", "secret": "s", "topic_arn": "arn"}
    for kind in get_args(ChannelSettings):
        wanted = {one.name: needs[one.name] for one in msgspec.structs.fields(kind) if one.name in needs}
        settings = msgspec.convert({"type": kind.__struct_config__.tag, "name": "n", **wanted}, ChannelSettings)
        assert callable(channel_of(settings).send), kind
    assert set(CHANNELS) == set(get_args(ChannelSettings))


def test_email_is_made_of_the_notification(aws: Callable[[str], Any], tested: Notification) -> None:
    aws("sesv2").create_email_identity(EmailIdentity="a@example.com")
    channel_of(Email(name="email", sender="a@example.com", recipients=("b@example.com",))).send(tested)
    [sent] = ses_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].sent_messages
    assert "Subject: [TEST] This is a test of channel payments" in sent.raw_data


@pytest.mark.parametrize("kind", [one.__struct_config__.tag for one in get_args(ChannelSettings) if one is not Sns])
def test_every_kind_says_how_it_is_set_up(kind: str) -> None:
    assert f"(`{kind}`)" in DOCS
