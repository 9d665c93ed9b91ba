"""`[digests]`."""

from typing import Annotated, Any, Literal

from pydantic import Field

from contract.finding import Severity
from generator.settings.kinds import Days, Form, TimeZone
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
    critical_days: Days = Field(default=7, description="days after which an open critical finding is overdue")
    high_days: Days = Field(default=30, description="days after which an open high finding is overdue")
    medium_days: Days = Field(default=90, description="days after which an open medium finding is overdue")

    def written(self) -> dict[str, Any]:
        """Return it as the hub reads it (`hub.digest.due.DigestTimes`)."""
        overdue = {Severity.CRITICAL: self.critical_days, Severity.HIGH: self.high_days}
        times = self.model_dump(mode="json", include={"hour", "weekday", "time_zone"})
        return {**times, "sla": {**overdue, Severity.MEDIUM: self.medium_days}}
