"""`[channels.<name>]`."""

from pydantic import Field

from contract.finding import Severity
from generator.settings.kinds import EmailAddress
from generator.settings.section import Section


class Email(Section):
    """Findings by email; without this table nobody gets any."""

    sender: EmailAddress = Field(
        description="sender of the emails: an identity verified in SES in the home Region",
        examples=["muster@example.com"],
    )
    # Quota of SES: 50 recipients of one message.
    recipients: tuple[EmailAddress, ...] = Field(
        min_length=1,
        max_length=50,
        description="who gets every notification",
        examples=[["security@example.com", "oncall@example.com"]],
    )
    minimum_severity: Severity = Field(
        default=Severity.MEDIUM, description="the least severity that is told; worse ones are too"
    )


class Channels(Section):
    """How people are told."""

    email: Email | None = Field(default=None, description="findings by email")
