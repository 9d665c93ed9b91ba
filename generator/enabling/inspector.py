"""Inspector: on for the hub, for accounts that come, and for those that are there.

Inspector user guide, "Managing multiple accounts with AWS Organizations".
"""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from generator.config import Config
from generator.enabling.parts import Call, Clients, Part

_SCANS = {"ec2": "EC2", "ecr": "ECR", "lambda": "LAMBDA"}
_AT_ONCE = 100  # of Enable's accounts
_ON = {"ENABLED", "ENABLING"}


def inspector(config: Config, clients: Clients, accounts: Collection[str]) -> Iterator[Part]:
    """Yield what Inspector needs in each Region for these accounts."""
    hub = config.aws.hub_account
    for region in config.regions:
        client = clients("inspector2", region)
        yield Part(f"Inspector in {region}", partial(_switched_on, client, [hub]))
        yield Part(f"Inspector of new accounts in {region}", partial(_automatic, client))
        others = sorted({*accounts} - {hub})
        if others:
            yield Part(f"Inspector's members in {region}", partial(_members, client, others))
            yield Part(f"Inspector of accounts in {region}", partial(_switched_on, client, others))


def _switched_on(client: Any, accounts: list[str]) -> list[Call]:
    calls = []
    for start in range(0, len(accounts), _AT_ONCE):
        part = accounts[start : start + _AT_ONCE]
        found = {one["accountId"]: one for one in client.batch_get_account_status(accountIds=part)["accounts"]}
        missing = [one for one in part if not _is_on(found.get(one))]
        if missing:
            calls.append(Call(client, "enable", {"accountIds": missing, "resourceTypes": [*_SCANS.values()]}))
    return calls


def _is_on(account: dict[str, Any] | None) -> bool:
    state = (account or {}).get("resourceState", {})
    return all(state.get(name, {}).get("status") in _ON for name in _SCANS)


def _automatic(client: Any) -> list[Call]:
    there = client.describe_organization_configuration().get("autoEnable", {})
    if all(there.get(name) for name in _SCANS):
        return []
    return [Call(client, "update_organization_configuration", {"autoEnable": {**there, **dict.fromkeys(_SCANS, True)}})]


def _members(client: Any, accounts: list[str]) -> list[Call]:
    pages = client.get_paginator("list_members").paginate(onlyAssociated=True)
    known = {one["accountId"] for page in pages for one in page["members"]}
    return [Call(client, "associate_member", {"accountId": one}) for one in accounts if one not in known]
