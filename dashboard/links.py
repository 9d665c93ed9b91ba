"""Addresses that only pages need: of the list of findings, of ATT&CK."""

from urllib.parse import quote, urlencode

from dashboard.filters import Filters, parameters


def findings_address(filters: Filters) -> str:
    """Return the Findings page with filters set, relative to any page of the dashboard."""
    query = urlencode(parameters(filters), doseq=True)
    return f"findings?{query}" if query else "findings"


def attack_address(technique: str) -> str:
    """Return the ATT&CK page of a technique: `T1078.004` is a sub-technique of `T1078`."""
    return f"https://attack.mitre.org/techniques/{quote(technique.replace('.', '/'))}/"
