"""`[aws]`."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from contract.names import partition_of
from generator.settings.kinds import AccountId, Form, RegionName, Switch
from generator.settings.regions import why_not
from generator.settings.section import Broken, Location, Section


class Target(StrEnum):
    """Where packages run: Lambda itself, or this machine (the local organization)."""

    LAMBDA = "lambda"
    HOST = "host"


class Aws(Section):
    """Where Muster runs, under which names, with which credentials."""

    hub_account: AccountId = Field(
        description="account of the hub, a delegated administrator of StackSets", examples=["111122223333"]
    )
    home_region: RegionName = Field(description="Region of the hub", examples=["eu-central-1"])
    regions: tuple[RegionName, ...] = Field(
        default=(),
        description="Regions of the spokes; the home Region and the partition's global one always are",
        examples=[["eu-central-1", "eu-west-1"]],
    )
    allow_unknown_regions: Switch = Field(
        default=False, description="whether Regions are taken that this version of Muster does not know yet"
    )
    # 64 characters of a role's name, less "-spoke-creator-tagger-ap-southeast-1" and room.
    prefix: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,18}[a-z0-9]$"),
        Form("3 to 20 lower-case letters, digits and hyphens, a letter first"),
    ] = Field(default="muster", description="beginning of every name; it cannot be changed later")
    target: Target = Field(
        default=Target.LAMBDA,
        description="where functions run: lambda is AWS, host a local organization on this machine",
    )
    profile: str = Field(
        default="",
        description="profile of the hub account in the AWS config file; empty: the usual credentials",
        examples=["hub"],
    )
    management_profile: str = Field(
        default="",
        description="profile of the management account, for its own spoke and `muster delegate`",
        examples=["management"],
    )
    config_file: str = Field(
        default="",
        description="an AWS config file, relative to this file; empty: the usual one",
        examples=["aws-config"],
    )

    def broken_rules(self) -> Iterator[Broken]:
        """Yield Regions that do not exist or lie in another partition."""
        places: list[tuple[Location, str]] = [(("home_region",), self.home_region)]
        places += [(("regions", place), region) for place, region in enumerate(self.regions)]
        for where, region in places:
            if why := why_not(region, allow_unknown=self.allow_unknown_regions):
                yield where, why
            elif partition_of(region) != partition_of(self.home_region):
                yield where, f"{region} is in another partition than home_region {self.home_region}; take it out"
