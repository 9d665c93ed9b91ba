"""`[enable]`."""

from collections.abc import Iterator
from enum import StrEnum

from pydantic import Field

from generator.settings.kinds import OptionalBucketName, Switch
from generator.settings.section import Broken, Section


class Standard(StrEnum):
    """Standards of Security Hub, by what AWS calls them and their version."""

    FSBP = "fsbp"
    CIS_5 = "cis-5.0.0"
    CIS_3 = "cis-3.0.0"
    CIS_1_4 = "cis-1.4.0"
    CIS_1_2 = "cis-1.2.0"
    NIST_800_53 = "nist-800-53-5"
    PCI_DSS = "pci-dss-4.0.1"


class Enable(Section):
    """AWS's own security services, which `deploy` switches on for the organization, and never off. They cost."""

    security_hub: Switch = Field(
        default=False,
        description="whether Security Hub is on in every account of the units, by its central configuration",
    )
    standards: tuple[Standard, ...] = Field(
        default=(Standard.FSBP, Standard.CIS_5),
        min_length=1,
        description="the standards that Security Hub checks; its controls need AWS Config's recorders",
    )
    guardduty: Switch = Field(default=False, description="whether GuardDuty is on in every account")
    inspector: Switch = Field(default=False, description="whether Inspector is on in every account")
    macie: Switch = Field(default=False, description="whether Macie is on in every account")

    config: Switch = Field(
        default=False,
        description="whether AWS Config records in each account and Region where it does not yet; the hub sees all",
    )
    config_bucket: OptionalBucketName = Field(
        default="",
        description="the bucket to which recorders that Muster makes deliver; its policy must let AWS Config in",
        examples=["example-organization-config"],
    )

    def broken_rules(self) -> Iterator[Broken]:
        """Yield recorders without a place to deliver to."""
        if self.config and not self.config_bucket:
            yield ("config_bucket",), "AWS Config's recorders deliver to a bucket; name one, or set config to false"

    @property
    def services(self) -> tuple[str, ...]:
        """Return the services that are asked for, as boto3 calls them."""
        asked = {
            "securityhub": self.security_hub,
            "guardduty": self.guardduty,
            "inspector2": self.inspector,
            "macie2": self.macie,
            "config": self.config,
        }
        return tuple(name for name, is_on in asked.items() if is_on)
