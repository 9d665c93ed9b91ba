"""GuardDuty, which by its organization's configuration is on in every account, old or new.

GuardDuty user guide, "Managing GuardDuty accounts with AWS Organizations".
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from generator.config import Config
from generator.enabling.parts import Call, Clients, Part


def guardduty(config: Config, clients: Clients) -> Iterator[Part]:
    """Yield what GuardDuty needs in each Region; it follows within a day for accounts that are there already."""
    for region in config.regions:
        client = clients("guardduty", region)
        yield Part(f"GuardDuty in {region}", partial(_switched_on, client))
        yield Part(f"GuardDuty of all accounts in {region}", partial(_everywhere, client))


def _switched_on(client: Any) -> list[Call]:
    return [] if client.list_detectors()["DetectorIds"] else [Call(client, "create_detector", {"Enable": True})]


def _everywhere(client: Any) -> list[Call]:
    (detector, *_) = client.list_detectors()["DetectorIds"] or [""]
    there = client.describe_organization_configuration(DetectorId=detector)
    if there.get("AutoEnableOrganizationMembers") == "ALL":
        return []
    asked = {"DetectorId": detector, "AutoEnableOrganizationMembers": "ALL"}
    return [Call(client, "update_organization_configuration", asked)]
