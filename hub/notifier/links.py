"""Where an alert's reader goes on."""

from contract.finding import Finding
from contract.links import event_address, finding_address, resource_address


def links_of(finding: Finding, dashboard: str) -> dict[str, str]:
    """Return label → address; without a dashboard only what the AWS console shows."""
    ours: dict[str, str] = {}
    if dashboard.startswith(("https://", "http://")):
        page = f"{dashboard.rstrip('/')}/{finding_address(finding.id)}"
        ours = {"Open in Muster": page, "Suppress": f"{page}&action=suppress"}
    console = event_address(finding.event_id, finding.region) or resource_address(finding.resource, finding.region)
    return {**ours, "Open in the AWS console": console} if console else ours
