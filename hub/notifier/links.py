"""Where a message's reader goes on: the dashboard, and decisions."""

from collections.abc import Callable, Sequence

from contract.finding import Finding
from contract.links import finding_address
from hub.notifier.notification import Link

# Returns addresses that act, of a finding, by what they do.
ActionsOf = Callable[[Finding], dict[str, str]]


def links_of(finding: Finding, dashboard: str, actions: ActionsOf | None = None) -> Sequence[Link]:
    """Return a finding's page and the decisions about it; without a dashboard only links that act by themselves.

    `actions` makes those: else the dashboard takes the decisions.
    """
    page = f"{dashboard.rstrip('/')}/{finding_address(finding.id)}" if dashboard else ""
    acting = actions(finding) if actions else {}
    asked = {
        "Acknowledge": acting.get("acknowledge") or (f"{page}&action=acknowledge" if page else ""),
        "Suppress": acting.get("suppress") or (f"{page}&action=suppress" if page else ""),
    }
    ours = [Link("Open in Muster", page)] if page else []
    return [*ours, *(Link(label, address, is_action=True) for label, address in asked.items() if address)]
