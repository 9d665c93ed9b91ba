"""A spoke's stack."""

from collections.abc import Mapping
from typing import Any

import msgspec

Place = tuple[str, str]


class StackInstance(msgspec.Struct, frozen=True):
    """A spoke's stack: its account, Region, status (CURRENT, OUTDATED, INOPERABLE) and the reason when not current.

    `outcome` is what the last operation made of it, such as SUCCEEDED or FAILED (CloudFormation API,
    StackInstanceComprehensiveStatus); `unit` is the root or unit by which it was deployed.
    """

    account: str
    region: str
    status: str
    reason: str = ""
    outcome: str = ""
    unit: str = ""

    @property
    def place(self) -> Place:
        """Its account and Region."""
        return self.account, self.region

    @property
    def is_current(self) -> bool:
        """Whether it is what was rolled out last."""
        return self.status == "CURRENT"

    @property
    def is_inoperable(self) -> bool:
        """Whether updates leave it out, because its deletion failed once (StackSets concepts, status codes)."""
        return self.status == "INOPERABLE"


def instance_of(summary: Mapping[str, Any]) -> StackInstance:
    """Return the instance that `ListStackInstances` summarises."""
    return StackInstance(
        summary["Account"],
        summary["Region"],
        summary["Status"],
        summary.get("StatusReason", ""),
        summary.get("StackInstanceStatus", {}).get("DetailedStatus", ""),
        summary.get("OrganizationalUnitId", ""),
    )
