"""Addresses that only pages need: of the list of findings, of ATT&CK."""

from urllib.parse import quote, urlencode

from dashboard.filters import Filters, parameters


def page_address(page: str, filters: Filters, **others: str) -> str:
    """Return a page with filters set, relative to any page of the dashboard; `others` are the page's own."""
    query = urlencode({**parameters(filters), **others}, doseq=True)
    return f"{page}?{query}" if query else page


def findings_address(filters: Filters) -> str:
    """Return the Findings page with filters set."""
    return page_address("findings", filters)


def attack_address(technique: str) -> str:
    """Return the ATT&CK page of a technique: `T1078.004` is a sub-technique of `T1078`."""
    return f"https://attack.mitre.org/techniques/{quote(technique.replace('.', '/'))}/"
