"""`[web.sign_in]`."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from generator.settings.kinds import Form, TargetId, WebAddress
from generator.settings.section import Broken, Section

SecretArn = Annotated[
    str,
    StringConstraints(pattern=r"^(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]{8,})?$"),
    Form("the ARN of a secret in Secrets Manager"),
]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=256), Form("a text", "texts")]
_LOOPBACK = ("http://127.0.0.1", "http://localhost")


class Group(Section):
    """What the members of a group may do in the dashboard."""

    name: _Name = Field(description="the group, as the identity provider's claim names it", examples=["security"])
    role: Annotated[Literal["viewer", "operator"], Form("viewer or operator")] = Field(
        default="viewer", description="viewer: they read; operator: they also act on findings"
    )
    units: tuple[TargetId, ...] = Field(
        default=(),
        description="units whose accounts they see, with those below; empty: the whole organization",
        examples=[["ou-exam-12345678"]],
    )


class SignIn(Section):
    """How people sign in to the dashboard, by OpenID Connect; without this table it listens on loopback only."""

    issuer: Annotated[
        str,
        StringConstraints(pattern=r"^https?://[^\s?#]+$"),
        Form("an address that begins with https://"),
    ] = Field(
        description="the identity provider; below it lies .well-known/openid-configuration",
        examples=["https://login.example.com"],
    )
    client_id: _Name = Field(description="the dashboard, as the provider knows it", examples=["muster"])
    address: WebAddress = Field(
        description="the dashboard as browsers know it; the provider leads back to <address>/oauth2callback",
        examples=["https://muster.example.com"],
    )
    client_secret: SecretArn = Field(
        default="",
        description="secret whose text is the client's secret; empty: of client_secret_file, or of the environment "
        "variable SIGN_IN_CLIENT_SECRET",
        examples=["arn:aws:secretsmanager:eu-central-1:111122223333:secret:muster/sign-in-AbCdEf"],
    )
    client_secret_file: str = Field(
        default="",
        description="a file with the client's secret, relative to this file, for a dashboard on your own machine; "
        "it goes before client_secret",
        examples=["sign-in-secret"],
    )
    scopes: tuple[_Name, ...] = Field(
        default=("openid", "email", "profile"), min_length=1, description="what the provider is asked for"
    )
    group_claim: _Name = Field(default="groups", description="claim of the identity token that lists somebody's groups")
    session_hours: Annotated[int, Field(ge=1, le=168, strict=True), Form("1 to 168")] = Field(
        default=8, description="hours after which people sign in again, and a change of their groups holds at last"
    )
    groups: tuple[Group, ...] = Field(
        min_length=1, description="what the members of which group may do; who is in none sees nothing"
    )

    def broken_rules(self) -> Iterator[Broken]:
        """Yield what the provider would refuse, or what would let nobody in."""
        if not self.issuer.startswith(("https://", *_LOOPBACK)):
            yield ("issuer",), "over http:// anybody on the way signs in as anybody; write https://"
        if not self.address:
            yield ("address",), "write it, such as https://muster.example.com"
        elif not self.address.startswith(("https://", *_LOOPBACK)):
            yield ("address",), "over http:// anybody on the way reads the session; write https://"
        if "openid" not in self.scopes:
            yield ("scopes",), "OpenID Connect needs openid among them"
