"""Addresses that only pages need: of each page under its filters, of ATT&CK."""

from urllib.parse import quote, urlencode

from dashboard.filters import Filters, parameters


def page_address(page: str, filters: Filters, **others: str) -> str:
    """Return a page with filters set, relative to any page of the dashboard; `others` are the page's own."""
    query = urlencode({**parameters(filters), **others}, doseq=True)
    return f"{page}?{query}" if query else page


def findings_address(filters: Filters, **others: str) -> str:
    """Return the Findings page with filters set."""
    return page_address("findings", filters, **others)


def account_address(account: str, filters: Filters) -> str:
    """Return the page of one account; Region, severity and time stay."""
    kept = Filters(account=(account,), region=filters.region, severity=filters.severity, days=filters.days)
    return page_address("accounts", kept)


def finding_address(finding: str, filters: Filters) -> str:
    """Return the page of one finding, which leads back to the list that it was found in."""
    return page_address("findings", filters, finding=finding)


def attack_address(technique: str) -> str:
    """Return the ATT&CK page of a technique: `T1078.004` is a sub-technique of `T1078`."""
    return f"https://attack.mitre.org/techniques/{quote(technique.replace('.', '/'))}/"
