"""`[feeds]`: what other AWS services find, and Muster shows too."""

from enum import StrEnum

from pydantic import Field

from generator.settings.kinds import Switch
from generator.settings.section import Section


class SecurityHub(StrEnum):
    """What is read in Security Hub."""

    BESIDE = "beside"
    ALL = "all"
    OFF = "off"


class SecurityHubFormat(StrEnum):
    """The form in which Security Hub says it: one fact may come in both, so one is read."""

    ASFF = "asff"
    OCSF = "ocsf"


class Feeds(Section):
    """What other AWS services find, and spokes forward; a service that is off in an account says nothing."""

    security_hub: SecurityHub = Field(
        default=SecurityHub.BESIDE,
        description="what is read in Security Hub. beside: the findings of its controls and of other products; all: "
        "also those of GuardDuty, Access Analyzer, Macie, Inspector, Config and Health, which spokes then do not "
        "forward; off: nothing",
    )
    security_hub_format: SecurityHubFormat = Field(
        default=SecurityHubFormat.ASFF, description="asff: Security Hub CSPM; ocsf: the new Security Hub"
    )
    guardduty_finding: Switch = Field(default=True, description="threats that GuardDuty sees")
    access_analyzer: Switch = Field(default=True, description="resources that Access Analyzer finds open to others")
    macie: Switch = Field(default=True, description="sensitive data and open buckets that Macie finds")
    inspector2: Switch = Field(default=True, description="critical and high vulnerabilities that Inspector finds")
    config_noncompliant: Switch = Field(default=True, description="resources that break AWS Config's rules")
    health_credentials_exposed: Switch = Field(default=True, description="exposed credentials and abuse, by AWS Health")
    trusted_advisor: Switch = Field(default=True, description="access keys that Trusted Advisor finds exposed")
    cloudtrail_insight: Switch = Field(
        default=True, description="unusual numbers of calls, where a trail has CloudTrail Insights"
    )

    @property
    def reads_security_hub(self) -> bool:
        """Whether anything is read in Security Hub."""
        return self.security_hub is not SecurityHub.OFF

    def is_on(self, name: str, *, in_security_hub: bool) -> bool:
        """Return whether a feed is forwarded, and not read in Security Hub instead."""
        return bool(getattr(self, name)) and not (self.security_hub is SecurityHub.ALL and in_security_hub)
