"""`[web.hosting]`."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, StringConstraints

from generator.settings.kinds import CertificateArn, Form
from generator.settings.section import Broken, Section

_Vpc = Annotated[str, StringConstraints(pattern=r"^vpc-[0-9a-f]{8,17}$"), Form("a VPC's id")]
_PrefixList = Annotated[str, StringConstraints(pattern=r"^pl-[0-9a-f]{8,17}$"), Form("a prefix list's id")]
_Subnet = Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]{8,17}$"), Form("a subnet's id", "subnets' ids")]
_Image = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9._:/-]*(:[\w.-]+|@sha256:[0-9a-f]{64})$", max_length=512),
    Form("an image with its tag or digest"),
]
# Fargate: 0.5 vCPU and 1 GB hold some 20 people at once.
_TASKS = Annotated[int, Field(ge=1, le=10, strict=True), Form("1 to 10")]


class Hosting(Section):
    """The dashboard in the hub account: ECS on Fargate, behind CloudFront alone; without this table you host it."""

    image: _Image = Field(
        description="the dashboard's image (dashboard/Containerfile), with tag or digest",
        examples=["111122223333.dkr.ecr.eu-central-1.amazonaws.com/muster-dashboard:0.1.0"],
    )
    vpc: _Vpc = Field(
        description="a VPC with an Internet gateway, which CloudFront asks for and nothing here uses",
        examples=["vpc-0123456789abcdef0"],
    )
    prefix_list: _PrefixList = Field(
        description="the home Region's list of CloudFront's addresses "
        "(com.amazonaws.global.cloudfront.origin-facing), which alone reach the load balancer",
        examples=["pl-0123456789abcdef0"],
    )
    subnets: tuple[_Subnet, ...] = Field(
        min_length=2,
        max_length=6,
        description="private subnets of it, in two zones at least, that reach AWS's services and the identity provider",
        examples=[["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]],
    )
    certificate: CertificateArn = Field(
        description="certificate of the dashboard's domain, in the hub account and home Region, between CloudFront "
        "and the load balancer",
        examples=["arn:aws:acm:eu-central-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"],
    )
    tasks: _TASKS = Field(default=1, description="copies of it; people stay with theirs")

    def broken_rules(self) -> Iterator[Broken]:
        """Yield an image that is another one every day."""
        if self.image.endswith(":latest"):
            yield ("image",), "latest is another image every day; name a version"
