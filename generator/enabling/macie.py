"""Macie: on for the hub, for accounts that come, and for those that are there.

Macie user guide, "Managing multiple accounts with AWS Organizations".
"""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from generator.config import Config
from generator.enabling.parts import Call, Clients, Part, code_of
from hub.store.accounts import Account


def macie(config: Config, clients: Clients, accounts: Collection[Account]) -> Iterator[Part]:
    """Yield what Macie needs in each Region for these accounts."""
    others = [one for one in accounts if one.id != config.aws.hub_account]
    for region in config.regions:
        client = clients("macie2", region)
        yield Part(f"Macie in {region}", partial(_switched_on, client))
        yield Part(f"Macie of new accounts in {region}", partial(_automatic, client))
        if others:
            yield Part(f"Macie's members in {region}", partial(_members, client, others))


def _switched_on(client: Any) -> list[Call]:
    try:
        client.get_macie_session()
    except ClientError as error:
        # An account without Macie may not even ask.
        if code_of(error) != "AccessDeniedException" or "not enabled" not in str(error):
            raise
        return [Call(client, "enable_macie", {"status": "ENABLED"})]
    return []


def _automatic(client: Any) -> list[Call]:
    if client.describe_organization_configuration()["autoEnable"]:
        return []
    return [Call(client, "update_organization_configuration", {"autoEnable": True})]


def _members(client: Any, accounts: list[Account]) -> list[Call]:
    pages = client.get_paginator("list_members").paginate(onlyAssociated="true")
    known = {one["accountId"] for page in pages for one in page["members"]}
    return [
        Call(client, "create_member", {"account": {"accountId": one.id, "email": one.email}})
        for one in accounts
        if one.id not in known
    ]
