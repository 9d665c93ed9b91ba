"""`[backup]`: how long images and snapshots are kept."""

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from contract.names import DELETE_ON, EXPIRES_AFTER, LEGAL_HOLD, RETENTION
from contract.retention import RetentionError, days_of
from generator.schedules import ScheduleError, longest_pause
from generator.settings.kinds import FixedTag, Form, Switch
from generator.settings.section import Broken, Section

Retention = Annotated[str, StringConstraints(pattern=r"^(\d{1,5}days|forever)$"), Form("<n>days, or forever")]
Schedule = Annotated[
    str, StringConstraints(pattern=r"^(rate|cron)\(.{1,100}\)$"), Form("a rate(…) or cron(…) of EventBridge")
]
Hours = Annotated[int, Field(ge=0, le=8_784, strict=True), Form("0 to 8784")]
Seconds = Annotated[int, Field(ge=1, le=10_800, strict=True), Form("1 to 10800")]
WaitDays = Annotated[int, Field(ge=7, le=365, strict=True), Form("7 to 365")]
LaunchedDays = Annotated[int, Field(ge=0, le=3_650, strict=True), Form("0 to 3650")]
PerRun = Annotated[int, Field(ge=1, le=1_000, strict=True), Form("1 to 1000")]
BinDays = Annotated[int, Field(ge=1, le=365, strict=True), Form("1 to 365")]
Price = Annotated[float, Field(gt=0, le=10), Form("a price above 0, 10 at most")]
_OWN_KEYS = {DELETE_ON, EXPIRES_AFTER, LEGAL_HOLD, RETENTION}
# A role's inline policies hold 10,240 characters; each key stands in them three times.
_MOST_CHARACTERS = 256
_LONGEST_PAUSE = timedelta(days=366)


class Expiry(StrEnum):
    """What is done about images and snapshots past their date: nothing, telling what would go, deleting."""

    OFF = "off"
    REPORT = "report"
    DELETE = "delete"


class Backup(Section):
    """Images and snapshots: until when they are kept, and what becomes of them then."""

    enabled: Switch = Field(default=True, description="whether they are tagged with `Retention` and `DeleteOn`")
    retention: Retention = Field(
        default="90days",
        description="how long they are kept after their creation, where neither their own tag `Retention` nor the "
        "account's `[[overrides]]` says otherwise",
    )
    schedule: Schedule = Field(
        default="rate(1 day)", description="when the tagger runs", examples=["rate(12 hours)", "cron(0 2 * * ? *)"]
    )
    interval_hours: Hours = Field(
        default=0,
        description="the hours that may pass between two runs; 0: as the schedule says",
        examples=[24],
    )
    tags: tuple[FixedTag, ...] = Field(
        default=(),
        description="further tags that they get with their date; never over a value that is there",
        examples=[["Environment=production", "CostCenter=IT-Operations"]],
    )
    longest_seconds: Seconds = Field(default=60, description="a run that takes longer is an alarm, in seconds")
    gib_price: Price = Field(
        default=0.05,
        description="what a GiB of a snapshot costs, in dollars a month (EBS pricing: 0.05 in us-east-1)",
    )
    expiry: Expiry = Field(
        default=Expiry.OFF,
        description="what is done about those past their date: off, report (what would go, what that saves), delete",
    )
    expiry_wait_days: WaitDays = Field(default=7, description="how long one is marked before it is deleted, in days")
    expiry_launched_days: LaunchedDays = Field(
        default=90, description="an image that was launched within so many days is not deleted"
    )
    expiry_per_run: PerRun = Field(
        default=100, description="how many are deleted in a run at most, in each account and Region"
    )
    recycle_bin_days: BinDays = Field(
        default=14, description="for how long the Recycle Bin keeps what was deleted, in days"
    )

    @property
    def interval(self) -> timedelta:
        """How long it may be between two runs."""
        return timedelta(hours=self.interval_hours) if self.interval_hours else longest_pause(self.schedule)

    @property
    def is_expiring(self) -> bool:
        """Whether anything looks at what is past its date, if only to tell."""
        return self.enabled and self.expiry is not Expiry.OFF

    def fixed_tags(self) -> dict[str, str]:
        """Return the further tags."""
        pairs = (one.partition("=") for one in self.tags)
        return {key: value for key, _, value in pairs}

    def broken_rules(self) -> Iterator[Broken]:
        """Yield a retention of no or too many days, a schedule of unknown pauses, and keys that are taken."""
        try:
            days_of(self.retention)
        except RetentionError as error:
            yield ("retention",), str(error)
        yield from self._schedule()
        keys = [one.partition("=")[0] for one in self.tags]
        for place, key in enumerate(keys):
            if key in _OWN_KEYS or key.lower().startswith("aws:"):
                yield ("tags", place), f"{key} means something by itself; name another"
            if key in keys[:place]:
                yield ("tags", place), f"{key} is the key of two tags; give each its own"
        if sum(map(len, keys)) > _MOST_CHARACTERS:
            yield ("tags",), f"their keys are too long for the tagger's role; {_MOST_CHARACTERS} characters fit in all"

    def _schedule(self) -> Iterator[Broken]:
        try:
            if self.interval > _LONGEST_PAUSE:
                yield ("schedule",), "it runs less than once a year"
        except ScheduleError:
            yield (
                ("interval_hours",),
                f"say how many hours may pass between two runs of {self.schedule}: a missing run is an alarm",
            )
