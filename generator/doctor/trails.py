"""Whether a trail logs management events: without one EventBridge gets no API calls."""

from typing import Any

from generator.config import Trail
from generator.doctor.diagnosis import Hub, Verdict, failed, warning, well
from spoke.heartbeat.checks import management_trails

_MAKE = 'set trail = "organization" (or "accounts") in [spoke] of muster.toml'


def trail(hub: Hub) -> Verdict:
    """Compare the trails that the hub account sees in each Region with `spoke.trail`."""
    seen = {region: _foreign(hub, region) for region in hub.config.regions}
    names = sorted({one["Name"] for trails in seen.values() for one in trails})
    if hub.config.spoke.trail is not Trail.NONE:
        if names:
            detail = f"{', '.join(names)} logs management events already; Muster's own costs a second time"
            return warning(detail, 'set trail = "none" in [spoke] of muster.toml')
        return well(f"Muster makes it: {hub.config.spoke.trail}")
    without = [region for region, trails in seen.items() if not trails]
    if without:
        return failed(f"none logs management events in {', '.join(without)}", _MAKE)
    if not all(any(one.get("IsOrganizationTrail") for one in trails) for trails in seen.values()):
        return warning(f"{', '.join(names)} is the hub account's only; has every account one?", f"if not, {_MAKE}")
    return well(f"{', '.join(names)} logs management events of the organization")


def _foreign(hub: Hub, region: str) -> list[dict[str, Any]]:
    """Return the trails that are not Muster's own."""
    found = management_trails(hub.client("cloudtrail", region))
    names = hub.config.names
    return [one for one in found if one["Name"] not in {names.organization_trail, names.account_trail}]
