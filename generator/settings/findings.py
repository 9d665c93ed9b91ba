"""`[findings]`."""

from pydantic import Field

from contract.finding import Severity
from generator.offered import LogRetention
from generator.settings.kinds import Days, Events, Switch
from generator.settings.section import Section


class SlaDays(Section):
    """After how many days an open finding is overdue: digests count and name such."""

    critical: Days = Field(default=7, description="days for a critical finding")
    high: Days = Field(default=30, description="days for a high finding")
    medium: Days = Field(default=90, description="days for a medium finding")
    low: Days = Field(default=180, description="days for a low finding")

    def written(self) -> dict[Severity, int]:
        """Return the days by severity."""
        return {Severity(name.upper()): days for name, days in self.model_dump().items()}


class Findings(Section):
    """How long the hub keeps things, and who else gets its findings."""

    event_archive_days: Days = Field(default=30, description="days for which events can be replayed")
    events_per_account_and_hour: Events = Field(
        default=50_000, description="events of one account within an hour that are told of as a flood: events cost"
    )
    data_events: Switch = Field(
        default=False,
        description="whether a trail logs each read and write of the findings' table and the archive; calls cost",
    )
    deletion_protection: Switch = Field(default=True, description="whether the tables refuse to be deleted")
    publish_to_security_hub: Switch = Field(
        default=False, description="whether Security Hub gets Muster's findings too"
    )
    log_retention_days: LogRetention = Field(default=LogRetention.D30, description="days for which the hub keeps logs")
    sla_days: SlaDays = Field(default=SlaDays(), description="how long findings may stay open")
