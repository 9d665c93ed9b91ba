"""The settings that people write: `muster.toml`, read and checked."""

import difflib
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from pathlib import Path

from pydantic import Field, ValidationError

from contract.names import GLOBAL_REGIONS, Names, partition_of
from generator.config_problems import ConfigError, described
from generator.settings.agent import Agent
from generator.settings.api import Api
from generator.settings.archive import Archive
from generator.settings.aws import Aws, Target
from generator.settings.backup import Backup
from generator.settings.channels import RESERVED, Channels
from generator.settings.detections import Detections
from generator.settings.digests import Digests
from generator.settings.enable import Enable
from generator.settings.exclusions import Exclusion
from generator.settings.feeds import Feeds
from generator.settings.findings import Findings
from generator.settings.functions import Creator, Spoke, Trail
from generator.settings.network import Network
from generator.settings.organization import Organization
from generator.settings.overrides import Override
from generator.settings.regions import why_not
from generator.settings.routes import Escalation, Route
from generator.settings.section import Broken, Location, Section
from generator.settings.suppressions import Suppression
from generator.settings.table_backup import TableBackup
from generator.settings.topics import Topics
from generator.settings.web import Web
from hub.coverage import Scope
from hub.notifier.routing import OWNER

__all__ = ["Config", "Organization", "Override", "Target", "Trail", "load"]


class Config(Section):
    """Everything that `muster.toml` says."""

    organization: Organization = Field(description="which accounts")
    aws: Aws = Field(description="where the hub is")
    spoke: Spoke = Field(default=Spoke(), description="the functions' runtime")
    creator: Creator = Field(default=Creator(), description="the creator tagger")
    backup: Backup = Field(default=Backup(), description="how long images and snapshots are kept")
    agent: Agent = Field(default=Agent(), description="the security agent on instances")
    findings: Findings = Field(default=Findings(), description="how long things are kept")
    detections: Detections = Field(default=Detections(), description="what is normal here")
    exclusions: tuple[Exclusion, ...] = Field(default=(), description="what is normal here, case by case")
    suppressions: tuple[Suppression, ...] = Field(default=(), description="what is found, but accepted")
    feeds: Feeds = Field(default=Feeds(), description="what other AWS services find")
    api: Api = Field(default=Api(), description="findings over HTTPS")
    enable: Enable = Field(default=Enable(), description="AWS's own security services for the organization")
    archive: Archive = Field(default=Archive(), description="findings for years")
    network: Network = Field(default=Network(), description="a VPC for the hub's functions")
    table_backup: TableBackup = Field(default=TableBackup(), description="copies of the hub's tables")
    channels: Channels = Field(default=Channels(), description="how people are told")
    topics: Topics = Field(default=Topics(), description="who subscribes to the hub's topics")
    routes: tuple[Route, ...] = Field(default=(), description="what is told where")
    digests: Digests = Field(default=Digests(), description="an account of it all, once a day or a week")
    escalation: Escalation = Field(default=Escalation(), description="what hears of the worst findings")
    overrides: tuple[Override, ...] = Field(default=(), description="what is different in some accounts or units")
    web: Web = Field(default=Web(), description="the dashboard")

    def broken_rules(self) -> Iterator[Broken]:
        """Yield what the tables break together."""
        yield from self._accounts()
        yield from self._management()
        yield from self._allowed_regions()
        yield from self._suppressions()
        yield from self._backup_region()
        yield from self._cdn()
        yield from self._hosting()
        if self.web.action_links and not self.api.enabled:
            yield ("web", "action_links"), "the links lead to the API; set api.enabled"
        yield from self._routes()
        yield from self._secrets()
        if self.partition == "aws-cn":
            yield from self._china()

    def _accounts(self) -> Iterator[Broken]:
        organization, hub = self.organization, self.aws.hub_account
        if hub == organization.management_account:
            yield (
                ("aws", "hub_account"),
                f"{hub} is the management account, which StackSets never reach; choose a member account",
            )
        if hub in organization.excluded_accounts:
            place = organization.excluded_accounts.index(hub)
            yield (
                ("organization", "excluded_accounts", place),
                f"{hub} is aws.hub_account, which always has a spoke; take it out",
            )

    def _management(self) -> Iterator[Broken]:
        if self.organization.include_management_account and not self.aws.management_profile:
            yield ("organization", "include_management_account"), "name its profile in aws.management_profile"
        if self.spoke.trail is Trail.ORGANIZATION and not self.organization.management_account:
            yield ("spoke", "trail"), "an organization's trail needs organization.management_account"

    def _allowed_regions(self) -> Iterator[Broken]:
        """Yield Regions that do not exist: whatever starts in the one that was meant would be an alarm."""
        for place, region in enumerate(self.detections.allowed_regions):
            if why := why_not(region, allow_unknown=self.aws.allow_unknown_regions):
                yield ("detections", "allowed_regions", place), why

    def _backup_region(self) -> Iterator[Broken]:
        """Yield a Region for copies that does not exist, or is the tables' own."""
        region, place = self.table_backup.copy_region, ("table_backup", "copy_region")
        if region and region == self.aws.home_region:
            yield place, f"{region} is aws.home_region, where the copies are; name another"
        elif region and (why := why_not(region, allow_unknown=self.aws.allow_unknown_regions)):
            yield place, why

    def _cdn(self) -> Iterator[Broken]:
        """Yield a CloudFront that its partition lacks, or what it would need of another account.

        GovCloud has none; China's takes no certificates of ACM and no firewall (docs.amazonaws.cn, "CloudFront").
        """
        if not (cdn := self.web.cdn):
            return
        if self.partition != "aws":
            yield (
                ("web", "cdn"),
                f"CloudFront is not offered in {self.partition} as it is needed here; remove [web.cdn]",
            )
            return
        for name, arn in (("certificate", cdn.certificate), ("origin_secret", cdn.origin_secret)):
            if arn and arn.split(":")[4] != self.aws.hub_account:
                yield ("web", "cdn", name), f"it is of account {arn.split(':')[4]}; aws.hub_account needs its own"

    def _hosting(self) -> Iterator[Broken]:
        """Yield what a load balancer or ECS cannot use: a certificate or secret of another Region or account."""
        if not (hosting := self.web.hosting):
            return
        secret = self.web.sign_in.client_secret if self.web.sign_in else ""
        places = {("web", "hosting", "certificate"): hosting.certificate, ("web", "sign_in", "client_secret"): secret}
        for place, arn in places.items():
            found = tuple(arn.split(":")[3:5])
            if found and found != (self.aws.home_region, self.aws.hub_account):
                yield place, f"it is in {' of '.join(found)}; it must be in aws.home_region of aws.hub_account"

    def _suppressions(self) -> Iterator[Broken]:
        """Yield names that stand twice: findings show them."""
        names = [one.id for one in self.suppressions]
        for place, name in enumerate(names):
            if name in names[:place]:
                yield ("suppressions", place, "id"), f"{name} stands twice; give each its own"

    def _routes(self) -> Iterator[Broken]:
        """Yield channels that nobody made, and names that stand twice."""
        known = {*self.channels.named, *RESERVED}
        names = [one.name for one in self.routes]
        for place, route in enumerate(self.routes):
            if route.name in names[:place]:
                yield ("routes", place, "name"), f"{route.name} stands twice; give each its own"
            for field in ("channels", "otherwise"):
                yield from _unmade(getattr(route, field), known, ("routes", place, field))
        yield from _unmade(self.escalation.channels, known - {OWNER}, ("escalation", "channels"))

    def _secrets(self) -> Iterator[Broken]:
        """Yield secrets that the hub cannot read: those of another account or Region."""
        home = (self.aws.home_region, self.aws.hub_account)
        for name, channel in self.channels.named.items():
            for secret in channel.secrets:
                place = tuple(secret.split(":")[3:5])
                if place and place != home:
                    yield (
                        ("channels", name, "secret"),
                        f"it is in {' of '.join(place)}; the hub reads {' of '.join(home)}",
                    )

    def _china(self) -> Iterator[Broken]:
        """Yield what the China Regions lack (docs.amazonaws.cn, "Getting Started": no SES, no X-Ray for Lambda)."""
        for name, channel in self.channels.named.items():
            if channel in self.channels.senders:
                yield ("channels", name), f"SES is not offered in China; remove [channels.{name}]; [channels.smtp] is"
        if self.spoke.tracing:
            yield ("spoke", "tracing"), "X-Ray takes no traces of Lambda in China; set it to false"

    def expired(self, today: date) -> list[str]:
        """Return which settings hold no more. They are no mistakes: a replay of older events goes by them still."""
        ending = [(f"exclusions[{place}]", one.until) for place, one in enumerate(self.exclusions)]
        ending += [(f"suppressions[{place}]", one.until) for place, one in enumerate(self.suppressions)]
        return [
            f"{place}.until: it holds no more since {until}; remove it or give a later day"
            for place, until in ending
            if until and until <= today.isoformat()
        ]

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


def _unmade(names: Iterable[str], known: Collection[str], place: Location) -> Iterator[Broken]:
    for number, name in enumerate(names):
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            mend = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
            yield (*place, number), f"there is no channel {name}; {mend}"


def load(path: Path) -> Config:
    """Return the checked settings of a file; `ConfigError` says all that is wrong, a line each with place and mend."""
    try:
        # Editors on Windows put a byte order mark first.
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file; write one with `muster init`") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise ConfigError(f"{path}: cannot be read: {reason}; mend that, or write one with `muster init`") from error
    return parsed(text, path)


def parsed(text: str, path: Path) -> Config:
    """Return the checked settings of a text, which `ConfigError` calls `path`."""
    try:
        return Config.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_no_toml(path, str(error))) from error
    except ValidationError as error:
        raise ConfigError(described(path, text, error, Config)) from error


def _no_toml(path: Path, said: str) -> str:
    at = re.search(r" \(at line (\d+), column \d+\)$", said)
    place, what = (f"{path}:{at[1]}", said[: at.start()]) if at else (path, said)
    return f"{place}: not TOML: {what}; quote texts, close every bracket, name each table and key once"
