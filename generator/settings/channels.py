"""`[channels.<name>]`."""

import difflib
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, StringConstraints, Tag, model_validator

from contract.finding import Severity
from generator.settings.kinds import EmailAddress, Form, TimeZone
from generator.settings.section import TAG, Broken, Section, refuse

# What routes call the hub's own topics, and whoever owns an account.
RESERVED = ("alerts", "critical-alerts", "owner")
# Its queues would have the names of Muster's own look at the channels.
_TAKEN = ("check",)
_MOST = 20
_TYPE = "its kind, which a table with a name of your own must say"
_NAME = re.compile(r"(?=.{2,40}$)[a-z][a-z0-9]*(-[a-z0-9]+)*")
# A channel's queue of dead letters has its name with this at its end.
_DEAD = "-dlq"
_NAME_OR_ARN = r"(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:)?[A-Za-z0-9/_+=.@-]{1,512}"
_NAMED = "name or ARN of a secret in Secrets Manager"
# What is the secret and not its name: an address, JSON, or the 32 characters of an integration key of PagerDuty.
_IS_SECRET = re.compile(r"[A-Za-z0-9+.-]+://|\s*\{|[A-Za-z0-9]{32}$")

SecretName = Annotated[str, StringConstraints(pattern=f"^{_NAME_OR_ARN}$"), Form(_NAMED)]
OptionalSecretName = Annotated[str, StringConstraints(pattern=f"^({_NAME_OR_ARN})?$"), Form(_NAMED)]
IdentityArn = Annotated[
    str,
    StringConstraints(pattern=r"^(arn:aws[a-z-]*:ses:[a-z0-9-]+:\d{12}:identity/\S+)?$"),
    Form("the ARN of an identity in SES"),
]
HostName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$"), Form("a host's name")
]


class Channel(Section):
    """What every channel has."""

    minimum_severity: Severity = Field(
        default=Severity.MEDIUM, description="the least severity that is told here; worse ones are too"
    )
    merge_minutes: Annotated[int, Field(ge=1, le=60, strict=True), Form("1 to 60")] = Field(
        default=15,
        description="the first finding of a detection in an account is told at once, those of so many minutes after it "
        "together",
    )
    # Below five an hour had no room for both alerts and summaries.
    messages_per_hour: Annotated[int, Field(ge=5, le=1_000, strict=True), Form("5 to 1000")] = Field(
        default=20, description="messages of an hour at most; what is more becomes one summary"
    )
    time_zone: TimeZone = Field(
        default="UTC",
        description="zone of those who read it: times stand in UTC and in it",
        examples=["Europe/Berlin"],
    )

    @classmethod
    def kind(cls) -> str:
        """Return what `type` calls it."""
        return str(cls.model_fields["type"].default)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names or ARNs of the secrets that it reads."""
        return tuple(one for one in (getattr(self, "secret", ""),) if one)

    @model_validator(mode="before")
    @classmethod
    def _names_its_secret(cls, given: Any) -> Any:
        """Refuse a secret where its name belongs, before anything shows it."""
        secret = given.get("secret") if isinstance(given, dict) and "secret" in cls.model_fields else None
        if isinstance(secret, str) and _IS_SECRET.match(secret):
            said = "this is the secret itself: replace it, for it stood in a file; store the new one in Secrets Manager"
            refuse(cls, [(("secret",), f"{said} and name it here")])
        return given

    def written(self, name: str) -> dict[str, Any]:
        """Return it as the hub reads it (`hub.channels.settings`)."""
        return {"name": name, **self.model_dump(mode="json")}


class Mailing(Channel):
    """What every channel has that sends email."""

    sender: EmailAddress = Field(
        description="sender of the emails: for SES an identity verified in the home Region",
        examples=["muster@example.com"],
    )
    # Quota of SES: 50 recipients of one message.
    recipients: tuple[EmailAddress, ...] = Field(
        min_length=1,
        max_length=50,
        description="who gets every notification",
        examples=[["security@example.com", "oncall@example.com"]],
    )
    reply_to: Annotated[
        str,
        StringConstraints(pattern=r"^([^@\s,]+@[^@\s,]+\.[^@\s,]+)?$"),
        Form("an email address"),
    ] = Field(default="", description="who gets the answers; empty: the sender", examples=["security@example.com"])


class Email(Mailing):
    """Findings by email through SES; without any channel nobody is told."""

    type: Literal["email"] = Field(default="email", description=_TYPE)

    identity_arn: IdentityArn = Field(
        default="",
        description="identity of another account that lets the hub send as it; empty: the hub's own",
        examples=["arn:aws:ses:eu-central-1:999999999999:identity/example.com"],
    )


class Smtp(Mailing):
    """Findings by email through a server of your own."""

    type: Literal["smtp"] = Field(default="smtp", description=_TYPE)

    host: HostName = Field(description="the server", examples=["smtp.example.com"])
    port: Annotated[int, Field(ge=1, le=65_535, strict=True), Form("1 to 65535")] = Field(
        default=587, description="its port"
    )
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="how the connection is kept secret; with none there is no password"
    )
    secret: OptionalSecretName = Field(
        default="",
        description="secret with username and password in JSON; empty: nobody signs in",
        examples=["muster/smtp"],
    )

    def broken_rules(self) -> Iterator[Broken]:
        """Yield a password that would travel in the open."""
        if self.security == "none" and self.secret:
            yield ("security",), "with none the password would travel in the open; write starttls or tls"


class Slack(Channel):
    """Findings in Slack."""

    type: Literal["slack"] = Field(default="slack", description=_TYPE)

    secret: SecretName = Field(
        description="secret whose text is the address of an incoming webhook", examples=["muster/slack"]
    )


class Teams(Channel):
    """Findings in Microsoft Teams."""

    type: Literal["teams"] = Field(default="teams", description=_TYPE)

    secret: SecretName = Field(
        description="secret whose text is the address of a workflow: `Post to a channel when a webhook request is "
        "received`",
        examples=["muster/teams"],
    )


class Pagerduty(Channel):
    """Incidents in PagerDuty."""

    type: Literal["pagerduty"] = Field(default="pagerduty", description=_TYPE)

    secret: SecretName = Field(
        description="secret whose text is the integration key of an Events API v2 integration",
        examples=["muster/pagerduty"],
    )
    service_region: Literal["us", "eu"] = Field(
        default="us", description="where PagerDuty keeps your account: `eu` when its address is `….eu.pagerduty.com`"
    )


class Webhook(Channel):
    """Findings as JSON for a program of yours; docs/webhook.md says what it gets and how it is signed."""

    type: Literal["webhook"] = Field(default="webhook", description=_TYPE)

    secret: SecretName = Field(
        description="secret with url and key in JSON; the key signs each message", examples=["muster/webhook"]
    )


class Apprise(Channel):
    """Findings through whatever Apprise reaches: Discord, Matrix, Opsgenie and a hundred more."""

    type: Literal["apprise"] = Field(default="apprise", description=_TYPE)

    secret: SecretName = Field(
        description="secret whose text is an address as Apprise writes it, such as discord://…",
        examples=["muster/discord"],
    )


class Eventbridge(Channel):
    """Findings as events, one each, for whatever you build on them; nothing is merged, there is no cap."""

    type: Literal["eventbridge"] = Field(default="eventbridge", description=_TYPE)

    bus: Annotated[
        str,
        StringConstraints(pattern=r"^(arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus/)?[A-Za-z0-9/_.-]{1,256}$"),
        Form("name or ARN of an event bus"),
    ] = Field(default="default", description="the bus that gets them")


TYPES: dict[str, type[Channel]] = {
    one.kind(): one for one in (Email, Smtp, Slack, Teams, Pagerduty, Webhook, Apprise, Eventbridge)
}


def _tag(given: Any) -> str:
    return f"{TAG}{given.get('type') if isinstance(given, dict) else given.kind()}"


AnyChannel = Annotated[
    Annotated[Email, Tag(f"{TAG}email")]
    | Annotated[Smtp, Tag(f"{TAG}smtp")]
    | Annotated[Slack, Tag(f"{TAG}slack")]
    | Annotated[Teams, Tag(f"{TAG}teams")]
    | Annotated[Pagerduty, Tag(f"{TAG}pagerduty")]
    | Annotated[Webhook, Tag(f"{TAG}webhook")]
    | Annotated[Apprise, Tag(f"{TAG}apprise")]
    | Annotated[Eventbridge, Tag(f"{TAG}eventbridge")],
    Discriminator(_tag),
]


class Channels(Section):
    """How people are told; a table with a name of your own says its `type`: `[channels.payments] type = "slack"`."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, AnyChannel] = Field(init=False)

    email: Email | None = Field(default=None, description="findings by email through SES")
    smtp: Smtp | None = Field(default=None, description="findings by email through a server of your own")
    slack: Slack | None = Field(default=None, description="findings in Slack")
    teams: Teams | None = Field(default=None, description="findings in Microsoft Teams")
    pagerduty: Pagerduty | None = Field(default=None, description="incidents in PagerDuty")
    webhook: Webhook | None = Field(default=None, description="findings as JSON for a program")
    apprise: Apprise | None = Field(default=None, description="findings through Apprise")
    eventbridge: Eventbridge | None = Field(default=None, description="findings as events")

    def broken_rules(self) -> Iterator[Broken]:
        """Yield too many channels: each has six resources of the hub's stack, which may have 500."""
        if len(self.named) > _MOST:
            yield (), f"there are {len(self.named)} channels; at most {_MOST} fit into the hub's stack"

    @model_validator(mode="before")
    @classmethod
    def _have_names_and_types(cls, given: Any) -> Any:
        own = {name: one for name, one in given.items() if name not in TYPES} if isinstance(given, dict) else {}
        broken = [broken for name, one in own.items() for broken in _misnamed(name, one)]
        refuse(cls, broken or _alike([*given] if isinstance(given, dict) else []))
        return given

    @property
    def named(self) -> dict[str, Channel]:
        """Name → channel, of all there are."""
        usual = {name: getattr(self, name) for name in TYPES}
        return {**{name: one for name, one in usual.items() if one}, **(self.__pydantic_extra__ or {})}

    @property
    def senders(self) -> list[Email]:
        """The channels that send through SES."""
        return [one for one in self.named.values() if isinstance(one, Email)]


def _misnamed(name: str, given: Any) -> Iterator[Broken]:
    if name in RESERVED:
        yield (name,), f"{name} has a meaning of its own in routes; call the channel otherwise"
    elif name in _TAKEN:
        yield (name,), f"{name} is a queue of Muster's own; call the channel otherwise"
    elif not _NAME.fullmatch(name) or name.endswith(_DEAD):
        within = f"between them, and not {_DEAD} at its end"
        yield (name,), f"a channel's name has 2 to 40 lower-case letters and digits, hyphens {within}"
    elif not isinstance(given, dict):
        yield (name,), f"it is a table: [channels.{name}]"
    elif given.get("type") not in tuple(TYPES):
        near = difflib.get_close_matches(str(given.get("type", name)), TYPES, n=1)
        mend = f"did you mean {near[0]}? " if near else ""
        said = f"there is no type {given['type']}; " if "type" in given else "which kind of channel is it? "
        yield (name,), f"{said}{mend}write type = and one of {', '.join(TYPES)}"


def _alike(names: list[str]) -> Iterator[Broken]:
    """Yield names that would be one in the template, whose logical ids have no hyphens."""
    for place, name in enumerate(names):
        for other in names[:place]:
            if name.replace("-", "") == other.replace("-", ""):
                yield (name,), f"it differs from {other} by hyphens alone; call it otherwise"
