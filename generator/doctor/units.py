"""Whether the units and accounts that the settings name are in the organization."""

from generator.config import Config
from generator.doctor.diagnosis import Hub, Verdict, failed, well
from generator.membership import Unit, misnamed_accounts, misnamed_units, tree
from hub.organization import listed_accounts

_LIST = "`aws organizations list-organizational-units-for-parent --parent-id`"


def units(hub: Hub) -> Verdict:
    """Look for every unit that the settings name."""
    known = tree(hub.client("organizations"))
    if wrong := misnamed_units(hub.config, known):
        return failed("; ".join(wrong), f"correct muster.toml; {_LIST} shows the units below a root or unit")
    return well(", ".join(known[one].path for one in hub.config.organization.targets))


def canaries(hub: Hub) -> Verdict:
    """Look whether the units that a rollout reaches first get spokes at all."""
    settings = hub.config.organization
    if not settings.canary_ous:
        return well("none are named: every account at once")
    known = tree(hub.client("organizations"))
    wrong = [text for one in settings.canary_ous if one in known and (text := _why_no_canary(hub.config, known[one]))]
    if wrong:
        return failed("; ".join(wrong), "correct organization.canary_ous in muster.toml")
    return well(", ".join(known[one].path for one in settings.canary_ous if one in known))


def _why_no_canary(config: Config, unit: Unit) -> str:
    settings = config.organization
    if not {*unit.ids} & {*settings.targets}:
        return f"{unit.path} ({unit.ids[-1]}) lies in none of organization.ous"
    if {*unit.ids} & {*settings.excluded_ous}:
        return f"{unit.path} ({unit.ids[-1]}) lies in organization.excluded_ous"
    return ""


def accounts(hub: Hub) -> Verdict:
    """Look for every account that the settings name."""
    known = {one.id for one in listed_accounts(hub.client("organizations"))}
    settings = hub.config
    if wrong := misnamed_accounts(settings, known):
        return failed("; ".join(wrong), "correct muster.toml; `aws organizations list-accounts` shows the accounts")
    return well(f"{len(known)} in the organization, {len(settings.organization.excluded_accounts)} excluded by name")
