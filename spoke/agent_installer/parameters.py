"""What the StackSet says about the agent, in the parameters under `/muster/agent/`."""

from collections.abc import Mapping
from typing import Any

from contract.account_settings import AccountSettings
from contract.agents import Action, Platform
from spoke.agent_installer.scope import Rules, parsed

TAGS, EXCLUDED, SCOPE = "tags", "excluded-tags", "scope"


def read_parameters(ssm: Any, path: str) -> dict[str, str]:
    """Return the parameters below a path, by the last part of their names."""
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path)
    return {one["Name"].rpartition("/")[2]: one["Value"] for page in pages for one in page["Parameters"]}


def rules_of(parameters: Mapping[str, str], settings: AccountSettings) -> Rules:
    """Return which instances get the agent: what the account's own settings say stands above the parameters.

    Raises `spoke.agent_installer.scope.FilterError`.
    """
    tags = parameters.get(TAGS, "") if settings.agent_tags is None else settings.agent_tags
    return Rules(
        tags=parsed(tags),
        excluded=parsed(parameters.get(EXCLUDED, "")),
        scope=settings.agent_scope or parameters.get(SCOPE, ""),
        is_on=settings.agent,
    )


def digest_name(action: Action, platform: str) -> str:
    """Return the name of the parameter that holds a script's SHA-256; upgrading runs the script that installs."""
    kind = "uninstall-" if action is Action.UNINSTALL else ""
    return f"{platform.lower()}-{kind}sha256"


def script_digest(parameters: Mapping[str, str], action: Action, platform: Platform) -> str:
    """Return the SHA-256 of the script for an action, empty when there is none."""
    digest = parameters.get(digest_name(action, platform), "")
    return "" if digest == NO_SCRIPT else digest


# Parameter Store takes no empty values.
NO_SCRIPT = "NONE"
