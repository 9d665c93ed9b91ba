"""`[feeds]`: what other AWS services find, and Muster shows too."""

from pydantic import Field

from generator.settings.kinds import Switch
from generator.settings.section import Section


class Feeds(Section):
    """What other AWS services find, and spokes forward; a service that is off in an account says nothing."""

    security_hub: Switch = Field(
        default=False,
        description="true: people read GuardDuty, Access Analyzer, Macie, Inspector, Config and Health in Security "
        "Hub, and Muster shows none of these six, for it does not read Security Hub yet",
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

    def is_on(self, name: str, *, in_security_hub: bool) -> bool:
        """Return whether a feed is forwarded, and not read in Security Hub instead."""
        return bool(getattr(self, name)) and not (self.security_hub and in_security_hub)
