"""A spoke's stack."""

import msgspec


class StackInstance(msgspec.Struct, frozen=True):
    """A spoke's stack: its account, Region, status (CURRENT, OUTDATED, INOPERABLE) and the reason when not current."""

    account: str
    region: str
    status: str
    reason: str = ""

    @property
    def is_current(self) -> bool:
        """Whether it is what was rolled out last."""
        return self.status == "CURRENT"
