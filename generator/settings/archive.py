"""`[archive]`."""

from collections.abc import Iterator
from enum import StrEnum

from pydantic import Field

from generator.settings.kinds import Days, Switch
from generator.settings.section import Broken, Section


class ObjectLock(StrEnum):
    """Who may delete archived findings before their time."""

    OFF = "off"
    GOVERNANCE = "governance"
    COMPLIANCE = "compliance"


class Archive(Section):
    """What becomes of closed findings after three months: they go to S3, for seven years."""

    enabled: Switch = Field(default=True, description="whether there is an archive; else closed findings are deleted")
    object_lock: ObjectLock = Field(
        default=ObjectLock.OFF,
        description="who may delete archived findings before their time. off: whoever may delete objects; governance: "
        "who may bypass it; compliance: nobody, not even the account's root",
    )
    object_lock_days: Days = Field(default=365, description="days for which the lock holds")

    def broken_rules(self) -> Iterator[Broken]:
        """Yield a lock that outlasts the objects."""
        if self.object_lock is not ObjectLock.OFF and self.object_lock_days > _KEPT:
            yield ("object_lock_days",), f"objects are deleted after {_KEPT} days; give fewer"


_KEPT = 2_555
