"""Where MiniStack keeps the tags of what it emulates, by ARN: what IAM conditions and GetResources read."""

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict, get_account_id, get_region
from ministack.services import acm, cloudwatch_logs, ec2, firehose, iam, kinesis, s3, secretsmanager, tagging

from localorg.organization import PARTITION

Tagged = Iterable[tuple[str, Any]]

# Service authorization reference, "Resource types defined by Amazon EC2"; images and snapshots carry no account.
EC2_TYPES = {
    "acl": "network-acl",
    "ami": "image",
    "cgw": "customer-gateway",
    "dopt": "dhcp-options",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "fleet": "fleet",
    "i": "instance",
    "igw": "internet-gateway",
    "key": "key-pair",
    "lt": "launch-template",
    "nat": "natgateway",
    "pcx": "vpc-peering-connection",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "snap": "snapshot",
    "subnet": "subnet",
    "tgw": "transit-gateway",
    "vgw": "vpn-gateway",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
    "vpn": "vpn-connection",
}
WITHOUT_ACCOUNT = {"image", "snapshot"}


def tags_of(arn: str) -> dict[str, str] | None:
    """The tags of one resource of the caller's account; None when it has none or is not known."""
    for candidate, tags in _source(arn)():
        if candidate == arn:
            return pairs(tags)
    return None


def tagged(services: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every resource with tags in the caller's account and Region, with its tags."""
    for service in services:
        for arn, tags in SOURCES[service]():
            if tags and _region(service, arn) == get_region():
                yield arn, pairs(tags)


def pairs(tags: Any) -> dict[str, str]:
    """Tags in any service's form (a map, or a list of Key/Value, key/value, TagKey/TagValue) as a map."""
    if isinstance(tags, dict):
        return tags
    flat = [{name.lower().removeprefix("tag"): value for name, value in tag.items()} for tag in tags or ()]
    return {tag["key"]: tag.get("value", "") for tag in flat}


def is_known(module: str, identifier: str) -> bool:
    """Whether some store of MiniStack's module has the id or ARN, as a key or in a record."""
    stores = vars(import_module(f"ministack.services.{module}")).items()
    scoped = [
        store
        for name, store in stores
        if isinstance(store, (AccountScopedDict, AccountRegionScopedDict)) and not name.endswith("tags")
    ]
    return any(identifier in store or any(_names(record, identifier) for record in store.values()) for store in scoped)


def ec2_arn(identifier: str) -> str:
    """The ARN of an EC2 resource from its id; `*` for a kind that is not known."""
    kind = EC2_TYPES.get(identifier.rsplit("-", 1)[0])
    account = "" if kind in WITHOUT_ACCOUNT else get_account_id()
    return f"arn:{PARTITION}:ec2:{get_region()}:{account}:{kind}/{identifier}" if kind else "*"


def _names(record: Any, identifier: str) -> bool:
    return isinstance(record, dict) and any(value == identifier for value in record.values())


def _source(arn: str) -> Callable[[], Tagged]:
    parts = arn.split(":", 5)
    return SOURCES.get(parts[2], tuple) if len(parts) == 6 else tuple


def _region(service: str, arn: str) -> str:
    """Where GetResources lists it: a bucket in its own Region, a global resource in the partition's first."""
    if service == "s3":
        return str(s3.bucket_region(arn.rsplit(":", 1)[1]))
    return arn.split(":")[3] or "us-east-1"


def _by_arn(module: str, attribute: str = "_tags") -> Callable[[], Tagged]:
    def read() -> Tagged:
        return list(getattr(import_module(f"ministack.services.{module}"), attribute).items())

    return read


def _ec2() -> Tagged:
    return [(ec2_arn(identifier), tags) for identifier, tags in ec2._tags.items()]


def _s3() -> Tagged:
    return [(f"arn:{PARTITION}:s3:::{name}", tags) for name, tags in s3._bucket_tags.items()]


def _iam() -> Tagged:
    stores = (iam._users, iam._roles, iam._policies, iam._instance_profiles)
    return [(record["Arn"], record.get("Tags")) for store in stores for record in store.values()]


def _logs() -> Tagged:
    groups = cloudwatch_logs._log_groups.values()
    return [(group["arn"].removesuffix(":*"), group.get("tags")) for group in groups]


def _kinesis() -> Tagged:
    return [(stream["StreamARN"], stream.get("tags")) for stream in kinesis._streams.values()]


def _secrets() -> Tagged:
    return [(secret["ARN"], secret.get("Tags")) for secret in secretsmanager._secrets.values()]


def _certificates() -> Tagged:
    return [(arn, certificate.get("Tags")) for arn, certificate in acm._certificates.items()]


def _firehose() -> Tagged:
    return [(stream["arn"], stream.get("tags")) for stream in firehose._streams.values()]


SOURCES: dict[str, Callable[[], Tagged]] = {
    **tagging._COLLECTORS,
    "acm": _certificates,
    "athena": _by_arn("athena"),
    "cloudtrail": _by_arn("cloudtrail", "_trail_tags"),
    "cloudwatch": _by_arn("cloudwatch", "_resource_tags"),
    "ec2": _ec2,
    "eks": _by_arn("eks"),
    "elasticloadbalancing": _by_arn("alb"),
    "es": _by_arn("opensearch"),
    "firehose": _firehose,
    "iam": _iam,
    "iot": _by_arn("iot"),
    "kinesis": _kinesis,
    "logs": _logs,
    "rds": _by_arn("rds"),
    "s3": _s3,
    "secretsmanager": _secrets,
    "ssm": _by_arn("ssm"),
    "states": _by_arn("stepfunctions"),
}
