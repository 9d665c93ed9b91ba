"""`[topics.alerts]` and `[topics.critical_alerts]`."""

from typing import Annotated

from pydantic import Field, StringConstraints

from generator.settings.kinds import EmailAddress, Form
from generator.settings.section import Section

PhoneNumber = Annotated[
    str,
    StringConstraints(pattern=r"^\+[1-9]\d{6,14}$"),
    Form("a phone number, such as +4915112345678", "phone numbers, such as +4915112345678"),
]
# An address of a paging service holds its key: it may stand in Secrets Manager.
Endpoint = Annotated[
    str,
    StringConstraints(pattern=r"^(https://\S+|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+)$"),
    Form(
        "an address that begins with https://",
        "addresses that begin with https://, or ARNs of secrets whose text is one",
    ),
]


class Subscribers(Section):
    """Who hears of findings that routes send to the topic, and of the hub's alarms."""

    email: tuple[EmailAddress, ...] = Field(
        default=(), description="addresses; each confirms by a link", examples=[["oncall@example.com"]]
    )
    sms: tuple[PhoneNumber, ...] = Field(default=(), description="phones", examples=[["+4915112345678"]])
    https: tuple[Endpoint, ...] = Field(
        default=(),
        description="addresses of programs, such as PagerDuty's for Amazon CloudWatch; each confirms by itself",
        examples=[["https://events.pagerduty.com/integration/0123456789abcdef/enqueue"]],
    )


class Topics(Section):
    """Who subscribes to the hub's topics; those who get email from [channels.email] hear of its alarms anyway."""

    alerts: Subscribers | None = Field(default=None, description="what should be looked at")
    critical_alerts: Subscribers | None = Field(default=None, description="what must be looked at now")

    @property
    def has_phones(self) -> bool:
        """Whether anybody gets text messages."""
        return any(one and one.sms for one in (self.alerts, self.critical_alerts))
