"""`[table_backup]`."""

from pydantic import Field

from generator.settings.kinds import Days, OptionalRegionName, Switch
from generator.settings.section import Section


class TableBackup(Section):
    """Copies of the hub's tables by AWS Backup, every day at 05:00 UTC, beside their point-in-time recovery."""

    enabled: Switch = Field(default=True, description="whether AWS Backup copies the tables")
    keep_days: Days = Field(default=35, description="days for which a copy is kept")
    copy_region: OptionalRegionName = Field(
        default="",
        description="a Region to which each copy is copied again, into its vault Default; empty: none",
        examples=["eu-west-1"],
    )
