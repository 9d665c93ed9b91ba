"""`[web]`."""

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints

from contract.names import GLOBAL_REGIONS
from generator.settings.kinds import CertificateArn, DomainName, Form, Switch, WebAddress
from generator.settings.section import Broken, Section

# CloudFront reads certificates, firewalls and secrets of this Region only.
CDN_REGION = GLOBAL_REGIONS["aws"]
SecretArn = Annotated[
    str,
    StringConstraints(pattern=r"^(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]{8,})?$"),
    Form("the ARN of a secret in Secrets Manager"),
]


class Cdn(Section):
    """CloudFront and a firewall before the dashboard; without this table there is neither."""

    # Quota of CloudFront: 100 alternate domain names of one distribution.
    domains: tuple[DomainName, ...] = Field(
        min_length=1,
        max_length=100,
        description="names under which people open the dashboard",
        examples=[["muster.example.com"]],
    )
    certificate: CertificateArn = Field(
        description=f"their certificate, in the hub account and {CDN_REGION}",
        examples=[f"arn:aws:acm:{CDN_REGION}:111122223333:certificate/12345678-1234-1234-1234-123456789012"],
    )
    origin: DomainName = Field(
        description="name of the host that serves the dashboard, by HTTPS on port 443",
        examples=["dashboard.example.com"],
    )
    origin_secret: SecretArn = Field(
        default="",
        description="secret whose text the origin finds in the header x-muster-origin; empty: no such header",
        examples=[f"arn:aws:secretsmanager:{CDN_REGION}:111122223333:secret:muster/origin-AbCdEf"],
    )

    def broken_rules(self) -> Iterator[Broken]:
        """Yield what CloudFront would refuse, or what would never answer."""
        for name, arn in (("certificate", self.certificate), ("origin_secret", self.origin_secret)):
            if arn and arn.split(":")[3] != CDN_REGION:
                yield (name,), f"it is in {arn.split(':')[3]}; CloudFront needs it in {CDN_REGION}"
        if self.origin in self.domains:
            yield ("origin",), f"{self.origin} is one of domains: CloudFront would ask itself; name the host behind it"


class Web(Section):
    """The dashboard."""

    dashboard_url: WebAddress = Field(
        default="",
        description="address of the dashboard, for the links in messages; empty: no links",
        examples=["https://muster.example.com"],
    )
    action_links: Switch = Field(
        default=False,
        description="whether messages hold links that acknowledge and suppress without signing in, through the API; "
        "whoever has the message may do it",
    )
    action_link_days: Annotated[int, Field(ge=1, le=90, strict=True), Form("1 to 90")] = Field(
        default=7, description="days for which such a link holds"
    )
    cdn: Cdn | None = Field(default=None, description="what stands before the dashboard")

    def broken_rules(self) -> Iterator[Broken]:
        """Yield an address in messages that would lead past CloudFront."""
        address = urlsplit(self.dashboard_url)
        if self.cdn and self.dashboard_url and (address.scheme, address.hostname) not in self._addresses():
            yield ("dashboard_url",), f"it leads past CloudFront; write https://{self.cdn.domains[0]}"

    def _addresses(self) -> set[tuple[str, str]]:
        return {("https", one) for one in self.cdn.domains} if self.cdn else set()
