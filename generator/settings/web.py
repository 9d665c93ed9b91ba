"""`[web]`."""

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from contract.names import GLOBAL_REGIONS
from generator.settings.hosting import Hosting
from generator.settings.kinds import (
    CertificateArn,
    DomainName,
    Form,
    OptionalDomainName,
    PrincipalArn,
    Switch,
    WebAddress,
)
from generator.settings.section import Broken, Section
from generator.settings.sign_in import SecretArn, SignIn

# CloudFront reads certificates, firewalls and secrets of this Region only.
CDN_REGION = GLOBAL_REGIONS["aws"]


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
    origin: OptionalDomainName = Field(
        default="",
        description="host that serves the dashboard, by HTTPS on port 443; not asked where [web.hosting] is",
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
        if self.origin and self.origin in self.domains:
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
    viewers: tuple[PrincipalArn, ...] = Field(
        default=(),
        description="who may assume the hub's role that reads for the dashboard; empty: whom the hub account's own "
        "policies allow",
        examples=[["arn:aws:iam::111122223333:role/security-audit"]],
    )
    operators: tuple[PrincipalArn, ...] = Field(
        default=(),
        description="who may assume the role that also decides about findings; empty: as viewers",
        examples=[["arn:aws:iam::111122223333:role/security-team"]],
    )
    sign_in: SignIn | None = Field(default=None, description="how people sign in to the dashboard")
    cdn: Cdn | None = Field(default=None, description="what stands before the dashboard")
    hosting: Hosting | None = Field(default=None, description="where the dashboard runs")

    def broken_rules(self) -> Iterator[Broken]:
        """Yield addresses that would lead past CloudFront, in messages or after a sign-in."""
        if self.cdn and self.sign_in and not self._is_inside(self.sign_in.address):
            yield ("sign_in", "address"), f"it leads past CloudFront; write https://{self.cdn.domains[0]}"
        yield from self._hosting()
        if self.cdn and not (self.cdn.origin or self.hosting):
            yield ("cdn", "origin"), "name the host behind CloudFront, or write [web.hosting]"
        if self.cdn and self.dashboard_url and not self._is_inside(self.dashboard_url):
            yield ("dashboard_url",), f"it leads past CloudFront; write https://{self.cdn.domains[0]}"

    def _hosting(self) -> Iterator[Broken]:
        """Yield what a hosted dashboard lacks: nobody reaches it but through CloudFront, and signed in."""
        if not self.hosting:
            return
        if self.cdn is None:
            yield ("hosting",), "CloudFront is the only way to it; write [web.cdn]"
        if not self.sign_in:
            yield ("hosting",), "whoever opens it must sign in; write [web.sign_in]"
        elif not self.sign_in.client_secret:
            yield ("sign_in", "client_secret"), "[web.hosting] takes it from Secrets Manager; name the secret"

    def _is_inside(self, address: str) -> bool:
        parts = urlsplit(address)
        return self.cdn is not None and parts.scheme == "https" and parts.hostname in self.cdn.domains
