"""A list of findings by what they share."""

from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from contract.finding import Finding, Severity
from dashboard.filters import Group

_KEYS: dict[Group, Callable[[Finding], str]] = {
    Group.DETECTION: lambda finding: finding.detection,
    Group.ACCOUNT: lambda finding: finding.account,
    Group.RESOURCE: lambda finding: finding.resource,
}


class Grouped(msgspec.Struct, frozen=True):
    """The findings that share a detection, an account or a resource."""

    key: str
    findings: tuple[Finding, ...]

    @property
    def counts(self) -> dict[Severity, int]:
        """How many of each severity."""
        return dict(Counter(finding.severity for finding in self.findings))

    @property
    def newest(self) -> str:
        """When the newest was first seen."""
        return max(finding.first_seen for finding in self.findings)

    @property
    def accounts(self) -> int:
        """How many accounts it touches."""
        return len({finding.account for finding in self.findings})

    @property
    def resources(self) -> int:
        """How many resources it touches."""
        return len({finding.resource for finding in self.findings})


def grouped(findings: Iterable[Finding], by: Group) -> list[Grouped]:
    """Return the groups, the worst first, then the largest."""
    members: dict[str, list[Finding]] = {}
    for finding in findings:
        members.setdefault(_KEYS[by](finding), []).append(finding)
    groups = [Grouped(key, tuple(found)) for key, found in members.items()]
    return sorted(groups, key=lambda group: (_worst(group), len(group.findings)), reverse=True)


def _worst(group: Grouped) -> int:
    return max(finding.severity.rank for finding in group.findings)
