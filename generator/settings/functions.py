"""`[spoke]` and `[creator]`: what runs in every account."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from contract.names import CREATED_BY
from generator.offered import Architecture, LogRetention, Runtime
from generator.settings.kinds import Form, Switch
from generator.settings.section import Section


class Trail(StrEnum):
    """Which trail Muster makes: none, one for the organization, or one in every account."""

    NONE = "none"
    ORGANIZATION = "organization"
    ACCOUNTS = "accounts"


class Spoke(Section):
    """How the functions run, and what spokes keep."""

    runtime: Runtime = Field(default=Runtime.PYTHON_3_13, description="Lambda runtime of every function")
    architecture: Architecture = Field(default=Architecture.ARM64, description="processor of every function")
    tracing: Switch = Field(default=False, description="whether functions send traces to X-Ray")
    alarms: Switch = Field(default=False, description="CloudWatch alarms in every account and Region, at their price")
    log_retention_days: LogRetention = Field(default=LogRetention.D14, description="days for which spokes keep logs")
    trail: Trail = Field(
        default=Trail.NONE,
        description="trail of management events to make where there is none: one for the organization, or one in each "
        "account",
    )


class Creator(Section):
    """The creator tagger."""

    enabled: Switch = Field(default=True, description="whether new resources are tagged with their creator")
    created_by_key: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z0-9_.:/=+@-]{1,128}$"),
        Form("1 to 128 letters, digits and _.:/=+@-"),
    ] = Field(default=CREATED_BY, description="key of the creator's tag")
