"""Every read of the dashboard: rollups for numbers, pages for lists, each cached for a short while."""

from datetime import datetime

import msgspec

from contract.clock import now
from contract.finding import Finding
from dashboard.problems import DataError

__all__ = ["DataError"]


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """The first findings of a view, and whether there are more."""

    findings: tuple[Finding, ...]
    has_more: bool


def present() -> datetime:
    """Return the present moment, UTC."""
    return now()
