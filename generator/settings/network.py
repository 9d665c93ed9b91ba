"""`[network]`."""

import ipaddress
from collections.abc import Iterator

from pydantic import Field

from generator.settings.kinds import Cidr, Switch
from generator.settings.section import Broken, Section

_ZONES = 2


class Network(Section):
    """A VPC of the hub's own, for the functions whose services all have endpoints in it."""

    enabled: Switch = Field(
        default=False, description="whether there is one; its endpoints cost some $30 a month, and nothing needs it"
    )
    cidr: Cidr = Field(default="10.0.0.0/16", description="the VPC's addresses")
    subnet_cidrs: tuple[Cidr, ...] = Field(
        default=("10.0.0.0/24", "10.0.1.0/24"),
        min_length=_ZONES,
        max_length=_ZONES,
        description="those of its private subnets, one in each of two zones",
    )

    def broken_rules(self) -> Iterator[Broken]:
        """Yield addresses that no VPC can have (EC2 guide, "VPC CIDR blocks": IPv4, /16 to /28)."""
        whole = ipaddress.ip_network(self.cidr)
        parts = [ipaddress.ip_network(one) for one in self.subnet_cidrs]
        for place, one in ((("cidr",), whole), *(((("subnet_cidrs", at)), part) for at, part in enumerate(parts))):
            if one.version != 4 or not 16 <= one.prefixlen <= 28:
                yield place, f"{one} is no block of a VPC; give an IPv4 block from /16 to /28"
                return
        for at, part in enumerate(parts):
            if not part.subnet_of(whole):  # type: ignore[arg-type] # both are of version 4 here
                yield ("subnet_cidrs", at), f"{part} is not within cidr, which is {whole}"
        if parts[0].overlaps(parts[1]):
            yield ("subnet_cidrs", 1), f"{parts[1]} overlaps {parts[0]}"
