"""`[digests]`."""

from typing import Annotated, Any, Literal

from pydantic import Field

from generator.settings.findings import SlaDays
from generator.settings.kinds import Form, TimeZone
from generator.settings.section import Section


class Digests(Section):
    """When digests come to the channels of routes that have one."""

    hour: Annotated[int, Field(ge=0, le=23, strict=True), Form("0 to 23")] = Field(
        default=8, description="hour of the day from which they come"
    )
    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = Field(
        default="monday", description="day of the weekly ones"
    )
    time_zone: TimeZone = Field(default="UTC", description="zone of that hour", examples=["Europe/Berlin"])

    def written(self, overdue: SlaDays) -> dict[str, Any]:
        """Return it, and what is overdue, as the hub reads it (`hub.digest.due.DigestTimes`)."""
        return {**self.model_dump(mode="json"), "sla": overdue.written()}
