"""What `muster.toml` says about each channel, as the functions read it from `hub/channels.json`.

`generator.settings.channels` checks it and writes it; a test compares the two.
"""

from pathlib import Path

import msgspec

from contract.finding import Severity

_WRITTEN = Path(__file__).with_name("channels.json")


class Common(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every channel has.

    Findings below `minimum_severity` are not told there. The first finding of a detection in an account is told at
    once; those of the next `merge_minutes` together; in an hour at most `messages_per_hour` messages. `time_zone` is
    an IANA name: times stand in UTC and in it.
    """

    name: str
    minimum_severity: Severity = Severity.MEDIUM
    merge_minutes: int = 15
    messages_per_hour: int = 20
    time_zone: str = "UTC"


class Mailing(Common, frozen=True, kw_only=True):
    """What every channel has that sends email."""

    sender: str
    recipients: tuple[str, ...]
    reply_to: str = ""


class Email(Mailing, frozen=True, kw_only=True, tag="email"):
    """Email by SES. `identity_arn`: the sender's identity when it is another account's; empty: the hub's own."""

    identity_arn: str = ""


class Smtp(Mailing, frozen=True, kw_only=True, tag="smtp"):
    """Email by an SMTP server. `secret` holds JSON with `username` and `password`; empty: nobody signs in.

    `security` is `starttls`, `tls` or `none`.
    """

    host: str
    port: int = 587
    security: str = "starttls"
    secret: str = ""


class Sns(Common, frozen=True, kw_only=True, tag="sns"):
    """A topic: whoever subscribes gets text, short text on phones, JSON over HTTPS."""

    topic_arn: str


class Slack(Common, frozen=True, kw_only=True, tag="slack"):
    """Slack; `secret` holds the incoming webhook's address."""

    secret: str


class Teams(Common, frozen=True, kw_only=True, tag="teams"):
    """Microsoft Teams; `secret` holds the address of a workflow that posts what a webhook brings."""

    secret: str


class Pagerduty(Common, frozen=True, kw_only=True, tag="pagerduty"):
    """PagerDuty; `secret` holds the integration key of Events API v2, `service_region` (`us`, `eu`) says where."""

    secret: str
    service_region: str = "us"


class Webhook(Common, frozen=True, kw_only=True, tag="webhook"):
    """Any HTTPS address; `secret` holds JSON with `url` and `key`, with which each message is signed."""

    secret: str


class Apprise(Common, frozen=True, kw_only=True, tag="apprise"):
    """Whatever Apprise reaches; `secret` holds one of its addresses, such as `discord://…`."""

    secret: str


class Eventbridge(Common, frozen=True, kw_only=True, tag="eventbridge"):
    """A bus of EventBridge (name or ARN); each finding is an event of its own, never merged, without a cap."""

    bus: str = "default"


ChannelSettings = Email | Smtp | Sns | Slack | Teams | Pagerduty | Webhook | Apprise | Eventbridge


def load_channels(path: Path = _WRITTEN) -> dict[str, ChannelSettings]:
    """Return the channels of the generated file, by name."""
    return {one.name: one for one in msgspec.json.decode(path.read_bytes(), type=tuple[ChannelSettings, ...])}
