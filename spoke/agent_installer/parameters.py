"""The agent's settings in a spoke: Parameter Store's, and over them what is different in the account."""

from collections.abc import Mapping
from typing import Any

from contract.account_settings import AccountSettings
from contract.agents import Action, Platform
from contract.names import Names
from spoke.account_settings import read_account_settings
from spoke.agent_installer.scope import ALL, NONE, Rules, read_tags

# Parameters below `/muster/agent/`; what has no value (Parameter Store takes no empty ones) is not there. The bucket is
# for people who look where the scripts lie: the documents have it written in.
BUCKET, TAGS, SCOPE, EXCLUDED_TAGS = "bucket", "tags", "scope", "excluded-tags"
FOLDER = "agent"


class SettingsUnreadError(Exception):
    """What is different in the account could not be read: whoever is left out by it must not get the agent."""


def digest_parameter(action: Action, platform: Platform) -> str:
    """Return the name of the parameter that holds a script's SHA-256: `linux-sha256`, `linux-uninstall-sha256`."""
    middle = "-uninstall" if action is Action.UNINSTALL else ""
    return f"{platform.lower()}{middle}-sha256"


def read_parameters(ssm: Any, prefix: str) -> dict[str, str]:
    """Return the parameters by their short names."""
    folder = f"{Names(prefix).parameter(FOLDER)}/"
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=folder)
    found = (one for page in pages for one in page["Parameters"])
    return {one["Name"].removeprefix(folder): one["Value"] for one in found}


def read_rules(ssm: Any, s3: Any, prefix: str, bucket: str, account: str) -> Rules:
    """Return who gets the agent in an account; `SettingsUnreadError` when that cannot be known."""
    found = read_account_settings(s3, bucket, account)
    if found.unread:
        raise SettingsUnreadError(found.unread)
    return rules_of(read_parameters(ssm, prefix), found.settings)


def rules_of(parameters: Mapping[str, str], own: AccountSettings) -> Rules:
    """Return who gets the agent: as the account's own settings say, and where they say nothing as the parameters do."""
    tags = parameters.get(TAGS, NONE) if own.agent_tags is None else own.agent_tags
    scope = parameters.get(SCOPE, ALL) if own.agent_scope is None else own.agent_scope
    excluded = parameters.get(EXCLUDED_TAGS, NONE)
    return Rules(is_on=own.agent, scope=scope, tags=read_tags(tags), excluded_tags=read_tags(excluded))
