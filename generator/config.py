"""The settings that people write: `muster.toml`, read and checked."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from contract.finding import Mode, Severity
from contract.names import CREATED_BY, GLOBAL_REGIONS, Names, partition_of
from generator.config_problems import ConfigError, described
from generator.offered import Architecture, LogRetention, Runtime
from hub.coverage import Scope

AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
RegionName = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
OrganizationalUnit = Annotated[str, StringConstraints(pattern=r"^(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32})$")]
EmailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s,]+@[^@\s,]+\.[^@\s,]+$")]
# The beginning is literal: a pattern of every role would exempt everybody.
RolePattern = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_+=,.@/-]{3}[A-Za-z0-9_+=,.@/*-]*$", max_length=256)
]
Cidr = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F.:]+/\d{1,3}$")]
Port = Annotated[int, Field(ge=0, le=65_535)]
Check = Literal["dead letters", "roles", "rules", "trail"]


class Target(StrEnum):
    """Where packages run: Lambda itself, or this machine (the local organization)."""

    LAMBDA = "lambda"
    HOST = "host"


class Trail(StrEnum):
    """Which trail Muster makes: none, one for the organization, or one in every account."""

    NONE = "none"
    ORGANIZATION = "organization"
    ACCOUNTS = "accounts"


class Section(BaseModel):
    """A table of `muster.toml`: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Organization(Section):
    """`[organization]`: which accounts Muster watches over."""

    id: Annotated[str, StringConstraints(pattern=r"^o-[a-z0-9]{10,32}$")] = Field(
        description="the organization's id, as `aws organizations describe-organization` shows it"
    )
    root: Annotated[str, StringConstraints(pattern=r"^(r-[0-9a-z]{4,32})?$")] = Field(
        default="", description="the organization's root id; spokes go to every account when `ous` is empty"
    )
    ous: tuple[OrganizationalUnit, ...] = Field(
        default=(), description="ids of the organizational units whose accounts get a spoke; empty: the whole root"
    )
    excluded_accounts: tuple[AccountId, ...] = Field(
        default=(), description="accounts without a spoke: 12 digits each, in quotes"
    )
    excluded_ous: tuple[OrganizationalUnit, ...] = Field(
        default=(), description="ids of organizational units whose accounts get no spoke, also where `ous` hold them"
    )
    canary_ous: tuple[OrganizationalUnit, ...] = Field(
        default=(),
        description="ids of the units that a rollout reaches first; the others only when all went well there",
    )
    management_account: Annotated[str, StringConstraints(pattern=r"^(\d{12})?$")] = Field(
        default="", description="the organization's management account: 12 digits, in quotes"
    )
    include_management_account: bool = Field(
        default=False, description="whether the management account gets a spoke too, as an ordinary stack"
    )
    guardrail_exempt_roles: tuple[RolePattern, ...] = Field(
        default=(),
        description="roles that the guardrail does not bind besides Muster's own and those of StackSets: path and "
        "name, * for any characters",
    )
    owner_tag: Annotated[str, StringConstraints(min_length=1, max_length=128)] = Field(
        default="Owner", description="key of the account tag that says who owns an account"
    )

    @model_validator(mode="after")
    def _has_targets(self) -> Self:
        if not (self.root or self.ous):
            raise ValueError('give root = "r-…" (every account) or ous = ["ou-…"] (some)')
        return self

    @model_validator(mode="after")
    def _canaries_are_covered(self) -> Self:
        if both := sorted({*self.canary_ous} & {*self.excluded_ous}):
            raise ValueError(f"canary_ous: {both[0]} is in excluded_ous too; take it out of one of them")
        return self

    @model_validator(mode="after")
    def _has_management_account(self) -> Self:
        if self.include_management_account and not self.management_account:
            raise ValueError('include_management_account: give management_account = "<12 digits>" too')
        return self

    @property
    def targets(self) -> tuple[str, ...]:
        """The units that get spokes: the listed ones, else the root."""
        return self.ous or (self.root,)


class Aws(Section):
    """`[aws]`: where Muster runs and under which names."""

    hub_account: AccountId = Field(description="account of the hub: 12 digits, in quotes")
    home_region: RegionName = Field(description="Region of the hub, such as eu-central-1")
    regions: tuple[RegionName, ...] = Field(
        default=(), description="Regions of the spokes; the home Region and the partition's global one always are"
    )
    # 64 characters of a role's name, less "-spoke-creator-tagger-ap-southeast-1" and room.
    prefix: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,18}[a-z0-9]$")] = Field(
        default="muster", description="beginning of every name: 3 to 20 lower-case letters, digits and hyphens"
    )
    target: Target = Field(
        default=Target.LAMBDA, description="lambda: packages for AWS; host: for a local organization on this machine"
    )
    profile: str = Field(default="", description="profile of the AWS config file; empty: the usual credentials")
    management_profile: str = Field(
        default="", description="profile of the management account, for its own spoke and `muster delegate`"
    )
    config_file: str = Field(default="", description="an AWS config file, relative to this file; empty: the usual one")

    @model_validator(mode="after")
    def _is_one_partition(self) -> Self:
        strangers = [region for region in self.regions if partition_of(region) != partition_of(self.home_region)]
        if strangers:
            raise ValueError(f"regions: {strangers[0]} is in another partition than home_region {self.home_region}")
        return self


class Spoke(Section):
    """`[spoke]`: the functions' runtime and what spokes keep."""

    runtime: Runtime = Field(default=Runtime.PYTHON_3_13, description="Lambda runtime of every function")
    architecture: Architecture = Field(default=Architecture.ARM64, description="processor of every function")
    tracing: bool = Field(default=False, description="whether functions send traces to X-Ray")
    alarms: bool = Field(default=False, description="CloudWatch alarms in every account and Region, at their price")
    log_retention_days: LogRetention = Field(default=LogRetention.D14, description="days for which spokes keep logs")
    trail: Trail = Field(
        default=Trail.NONE,
        description="trail of management events where there is none: organization (one, from the hub), accounts (one "
        "in each), none",
    )


class Creator(Section):
    """`[creator]`: the creator tagger."""

    enabled: bool = Field(default=True, description="whether new resources are tagged with their creator")
    created_by_key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/=+@-]{1,128}$")] = Field(
        default=CREATED_BY, description="key of the creator's tag: letters, digits and _.:/=+@-, at most 128"
    )


class Findings(Section):
    """`[findings]`: how long things are kept."""

    event_archive_days: int = Field(default=30, ge=1, le=3650, description="days for which events can be replayed")
    deletion_protection: bool = Field(default=True, description="whether the tables refuse to be deleted")
    log_retention_days: LogRetention = Field(default=LogRetention.D30, description="days for which the hub keeps logs")


class DetectionSetting(Section):
    """`[detections."<id>"]`: one detection's exceptions."""

    mode: Mode | None = Field(default=None, description="live (told to people), monitor (only stored) or off")
    severity: Severity | None = Field(default=None, description="severity in place of the detection's own")


class Detections(BaseModel):
    """`[detections]`: what is normal here; every other key is a detection's id."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, DetectionSetting] = Field(init=False)

    allowed_ports: tuple[Port, ...] = Field(default=(80, 443), description="ports that may face the world: 0 to 65535")
    allowed_cidrs: tuple[Cidr, ...] = Field(default=(), description="networks that are no strangers, as CIDR blocks")

    @property
    def by_id(self) -> dict[str, DetectionSetting]:
        """Detection id → its exceptions."""
        return dict(self.__pydantic_extra__ or {})


class Email(Section):
    """`[channels.email]`: findings by email."""

    sender: EmailAddress = Field(description="address of a verified SES identity in the home Region")
    # Quota of SES: 50 recipients of one message.
    recipients: tuple[EmailAddress, ...] = Field(
        min_length=1, max_length=50, description="1 to 50 addresses that get every notification"
    )
    minimum_severity: Severity = Field(
        default=Severity.MEDIUM, description="INFORMATIONAL, LOW, MEDIUM, HIGH or CRITICAL and worse"
    )


class Channels(Section):
    """`[channels.<name>]`: how people are told."""

    email: Email | None = Field(default=None, description="findings by email")


class Override(Section):
    """`[[overrides]]`: what is different in some accounts, those that join later too; accounts stand above units."""

    accounts: tuple[AccountId, ...] = Field(default=(), description="accounts that it holds for: 12 digits, in quotes")
    ous: tuple[OrganizationalUnit, ...] = Field(default=(), description="ids of the units whose accounts it holds for")
    skipped_checks: tuple[Check, ...] = Field(
        default=(), description="checks of itself that a spoke leaves out: dead letters, roles, rules, trail"
    )

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if not (self.accounts or self.ous):
            raise ValueError('overrides: give accounts = ["<12 digits>"] or ous = ["ou-…"]')
        return self


class Web(Section):
    """`[web]`: the dashboard."""

    dashboard_url: str = Field(default="", description="address of the dashboard, for the links in messages")


class Config(Section):
    """Everything that `muster.toml` says."""

    organization: Organization = Field(description="which accounts")
    aws: Aws = Field(description="where the hub is")
    spoke: Spoke = Field(default=Spoke(), description="the functions' runtime")
    creator: Creator = Field(default=Creator(), description="the creator tagger")
    findings: Findings = Field(default=Findings(), description="how long things are kept")
    detections: Detections = Field(default=Detections(), description="what is normal here")
    channels: Channels = Field(default=Channels(), description="how people are told")
    overrides: tuple[Override, ...] = Field(default=(), description="what is different in some accounts or units")
    web: Web = Field(default=Web(), description="the dashboard")

    @model_validator(mode="after")
    def _partition_has_services(self) -> Self:
        if self.channels.email and self.partition == "aws-cn":
            raise ValueError("channels.email: SES is not offered in China; remove [channels.email]")
        return self

    @model_validator(mode="after")
    def _reaches_the_management_account(self) -> Self:
        if self.organization.include_management_account and not self.aws.management_profile:
            raise ValueError("organization.include_management_account: name its profile in aws.management_profile")
        if self.spoke.trail is Trail.ORGANIZATION and not self.organization.management_account:
            raise ValueError("spoke.trail: an organization's trail needs organization.management_account")
        return self

    @property
    def names(self) -> Names:
        """The names of what is deployed."""
        return Names(self.aws.prefix)

    @property
    def scope(self) -> Scope:
        """Which accounts and Regions have spokes."""
        return Scope(
            targets=self.organization.targets,
            regions=self.regions,
            hub_account=self.aws.hub_account,
            excluded_accounts=self.organization.excluded_accounts,
            excluded_ous=self.organization.excluded_ous,
            covers_management=self.organization.include_management_account,
        )

    @property
    def partition(self) -> str:
        """`aws`, `aws-us-gov` or `aws-cn`, by the home Region."""
        return partition_of(self.aws.home_region)

    @property
    def regions(self) -> tuple[str, ...]:
        """The Regions of the spokes: home, the listed ones, and the partition's global one."""
        listed = (self.aws.home_region, *self.aws.regions, GLOBAL_REGIONS[self.partition])
        return tuple(dict.fromkeys(listed))


def load(path: Path) -> Config:
    """Return the checked settings of a file; `ConfigError` says in one line what is wrong, where, and the mend."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text in UTF-8"
        raise ConfigError(f"{path}: cannot be read: {reason}; write one as README.md shows") from error
    try:
        return Config.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}; quote texts and close every bracket") from error
    except ValidationError as error:
        raise ConfigError(described(path, text, error, Config)) from error
