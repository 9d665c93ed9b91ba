"""Security Hub by its central configuration: one policy for the units, whoever joins them, in every linked Region.

Security Hub user guide, "Central configuration in Security Hub CSPM".
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from generator.config import Config
from generator.enabling.parts import Call, Clients, Part, code_of
from generator.rollout.step import RolloutError
from generator.settings.enable import Standard

_STANDARDS = {
    Standard.FSBP: "{region}::standards/aws-foundational-security-best-practices/v/1.0.0",
    Standard.CIS_5: "{region}::standards/cis-aws-foundations-benchmark/v/5.0.0",
    Standard.CIS_3: "{region}::standards/cis-aws-foundations-benchmark/v/3.0.0",
    Standard.CIS_1_4: "{region}::standards/cis-aws-foundations-benchmark/v/1.4.0",
    Standard.CIS_1_2: "::ruleset/cis-aws-foundations-benchmark/v/1.2.0",
    Standard.NIST_800_53: "{region}::standards/nist-800-53/v/5.0.0",
    Standard.PCI_DSS: "{region}::standards/pci-dss/v/4.0.1",
}
_OFF = {"InvalidAccessException", "ResourceNotFoundException"}
_LOOKS, _WAIT_SECONDS = 30, 2.0
_CENTRAL = {
    "AutoEnable": False,
    "AutoEnableStandards": "NONE",
    "OrganizationConfiguration": {"ConfigurationType": "CENTRAL"},
}


def security_hub(config: Config, clients: Clients, sleep: Callable[[float], None] = time.sleep) -> Iterator[Part]:
    """Yield what Security Hub needs, in order."""
    home = clients("securityhub", config.aws.home_region)
    for region in config.regions:
        yield Part(f"Security Hub in {region}", partial(_switched_on, clients("securityhub", region)))
    yield Part("Security Hub's Regions", partial(_linked, home, config))
    yield Part("Security Hub's central configuration", partial(_central, config, clients))
    policy = f"Security Hub's policy {config.aws.prefix}"
    yield Part(policy, partial(_policy, home, config, sleep))
    for target in config.organization.targets:
        yield Part(f"{policy} in {target}", partial(_associated, home, config, target))


def _switched_on(client: Any) -> list[Call]:
    try:
        client.describe_hub()
    except ClientError as error:
        if code_of(error) not in _OFF:
            raise
        # The policy says which standards.
        arguments = {"EnableDefaultStandards": False, "ControlFindingGenerator": "SECURITY_CONTROL"}
        return [Call(client, "enable_security_hub", arguments)]
    return []


def _linked(client: Any, config: Config) -> list[Call]:
    """Let the home Region see the others; Regions that somebody else linked stay so."""
    wanted = set(config.regions) - {config.aws.home_region}
    found = client.list_finding_aggregators()["FindingAggregators"]
    if not found:
        linking = {"RegionLinkingMode": "SPECIFIED_REGIONS", "Regions": sorted(wanted)}
        return [Call(client, "create_finding_aggregator", linking if wanted else {"RegionLinkingMode": "NO_REGIONS"})]
    there = client.get_finding_aggregator(FindingAggregatorArn=found[0]["FindingAggregatorArn"])
    linked = set(there.get("Regions") or ())
    mode = there["RegionLinkingMode"]
    if mode == "ALL_REGIONS" or (mode == "ALL_REGIONS_EXCEPT_SPECIFIED" and not wanted & linked):
        return []
    if mode == "ALL_REGIONS_EXCEPT_SPECIFIED":
        return [_relinked(client, there, mode, linked - wanted)]
    return [] if wanted <= linked else [_relinked(client, there, "SPECIFIED_REGIONS", linked | wanted)]


def _relinked(client: Any, there: Mapping[str, Any], mode: str, regions: set[str]) -> Call:
    arguments = {"FindingAggregatorArn": there["FindingAggregatorArn"], "RegionLinkingMode": mode}
    return Call(client, "update_finding_aggregator", {**arguments, "Regions": sorted(regions)})


def _central(config: Config, clients: Clients) -> list[Call]:
    client = clients("securityhub", config.aws.home_region)
    there = client.describe_organization_configuration().get("OrganizationConfiguration", {})
    if there.get("ConfigurationType") == "CENTRAL":
        return []
    _check_newcomers(config, clients)
    return [Call(client, "update_organization_configuration", _CENTRAL)]


def _check_newcomers(config: Config, clients: Clients) -> None:
    """Refuse to take automatic enablement from accounts that will join beyond the units, where somebody chose it."""
    if any(one.startswith("r-") for one in config.organization.targets):
        return
    for region in config.regions:
        if clients("securityhub", region).describe_organization_configuration().get("AutoEnable"):
            raise RolloutError(
                f"in {region} Security Hub is switched on for every account that joins, which its central "
                "configuration would end beyond organization.ous of muster.toml; put the root there, or end it with "
                f"`aws securityhub update-organization-configuration --no-auto-enable --region {region}`"
            )


def _policy(client: Any, config: Config, sleep: Callable[[float], None]) -> list[Call]:
    """Make the policy, or mend it; standards that people added stay, and controls that they switched off stay off."""
    _settled(client, sleep)
    wanted = sorted(_arn(config, one) for one in config.enable.standards)
    found = _found(client, config)
    if not found:
        made = {
            "ServiceEnabled": True,
            "EnabledStandardIdentifiers": wanted,
            "SecurityControlsConfiguration": _ALL_CONTROLS,
        }
        policy = {"Name": config.aws.prefix, "ConfigurationPolicy": {"SecurityHub": made}}
        return [Call(client, "create_configuration_policy", {**policy, "Description": "Made by Muster"})]
    there = client.get_configuration_policy(Identifier=found)["ConfigurationPolicy"]["SecurityHub"]
    held = there.get("EnabledStandardIdentifiers", [])
    if there.get("ServiceEnabled") and {*wanted} <= {*held}:
        return []
    # A policy that switches Security Hub off has neither standards nor controls.
    made = {"ServiceEnabled": True, "EnabledStandardIdentifiers": sorted({*held, *wanted})}
    changed = {"SecurityControlsConfiguration": _ALL_CONTROLS, **there, **made}
    policy = {"Identifier": found, "ConfigurationPolicy": {"SecurityHub": changed}}
    return [Call(client, "update_configuration_policy", policy)]


_ALL_CONTROLS: dict[str, list[str]] = {"DisabledSecurityControlIdentifiers": []}


def _settled(client: Any, sleep: Callable[[float], None]) -> None:
    """Wait while the central configuration comes to be; what goes wrong then is said by the next call."""
    for _ in range(_LOOKS):
        there = client.describe_organization_configuration().get("OrganizationConfiguration", {})
        if there.get("Status") != "PENDING":
            return
        sleep(_WAIT_SECONDS)


def _associated(client: Any, config: Config, target: str) -> list[Call]:
    """Give the policy to a unit that has none of its own; another one there is somebody's decision."""
    place = {"RootId" if target.startswith("r-") else "OrganizationalUnitId": target}
    try:
        there = client.get_configuration_policy_association(Target=place)
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        there = {}
    if there.get("AssociationType") == "APPLIED" and there.get("AssociationStatus") != "FAILED":
        return []
    asked = {"ConfigurationPolicyIdentifier": _found(client, config), "Target": place}
    return [Call(client, "start_configuration_policy_association", asked)]


def _found(client: Any, config: Config) -> str:
    pages = client.get_paginator("list_configuration_policies").paginate()
    summaries: Sequence[Any] = [one for page in pages for one in page["ConfigurationPolicySummaries"]]
    return next((one["Id"] for one in summaries if one["Name"] == config.aws.prefix), "")


def _arn(config: Config, standard: Standard) -> str:
    return f"arn:{config.partition}:securityhub:{_STANDARDS[standard].format(region=config.aws.home_region)}"
