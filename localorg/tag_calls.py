"""The services' own tag calls: what the Resource Groups Tagging API makes, as the caller, for each kind of ARN."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Tags = Mapping[str, str]
Identify = Callable[[str], Any]


def as_list(tags: Tags) -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def as_lower_list(tags: Tags) -> list[dict[str, str]]:
    """Tags as ECS and Step Functions take them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def as_kms_list(tags: Tags) -> list[dict[str, str]]:
    """Tags as KMS takes them."""
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


def whole(arn: str) -> str:
    """The service takes the ARN."""
    return arn


def name(arn: str) -> str:
    """The service takes the last part of the ARN."""
    return arn.rsplit(":", maxsplit=1)[-1].rsplit("/", maxsplit=1)[-1]


def parameter_name(arn: str) -> str:
    """Parameter Store's name of a parameter: with its leading slash when it is a path."""
    path = arn.split(":parameter/", 1)[-1]
    return f"/{path}" if "/" in path else path


@dataclass(frozen=True)
class TagCall:
    """One service's operations, and the names and forms of their parameters."""

    client: str
    tag: str
    untag: str
    resource: str
    tags: str = "Tags"
    form: Callable[[Tags], Any] = as_list
    keys: str = "TagKeys"
    keys_form: Callable[[list[str]], Any] = list
    identify: Identify = whole

    def apply(self, client: Any, arn: str, tags: Tags) -> None:
        """Write the tags; ClientError when the service refuses."""
        getattr(client, self.tag)(**{self.resource: self.identify(arn), self.tags: self.form(tags)})

    def remove(self, client: Any, arn: str, keys: list[str]) -> None:
        """Remove the keys; ClientError when the service refuses."""
        getattr(client, self.untag)(**{self.resource: self.identify(arn), self.keys: self.keys_form(keys)})


class ParameterTags(TagCall):
    """Systems Manager's tag calls also want the resource's type."""

    def apply(self, client: Any, arn: str, tags: Tags) -> None:
        """Write the tags of a parameter."""
        client.add_tags_to_resource(ResourceType="Parameter", ResourceId=parameter_name(arn), Tags=as_list(tags))

    def remove(self, client: Any, arn: str, keys: list[str]) -> None:
        """Remove the keys from a parameter."""
        client.remove_tags_from_resource(ResourceType="Parameter", ResourceId=parameter_name(arn), TagKeys=keys)


class BucketTags(TagCall):
    """S3 replaces a bucket's whole tag set, so the tagging API reads, merges and writes."""

    def apply(self, client: Any, arn: str, tags: Tags) -> None:
        """Merge the tags into the bucket's."""
        self._write(client, arn, {**self._read(client, arn), **tags})

    def remove(self, client: Any, arn: str, keys: list[str]) -> None:
        """Write what is left without the keys."""
        kept = {key: value for key, value in self._read(client, arn).items() if key not in keys}
        self._write(client, arn, kept)

    def _read(self, client: Any, arn: str) -> dict[str, str]:
        try:
            found = client.get_bucket_tagging(Bucket=name(arn))["TagSet"]
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchTagSet":
                raise
            found = []
        return {tag["Key"]: tag["Value"] for tag in found}

    def _write(self, client: Any, arn: str, tags: Tags) -> None:
        client.put_bucket_tagging(Bucket=name(arn), Tagging={"TagSet": as_list(tags)})


def _rds_like(client: str) -> TagCall:
    return TagCall(client, "add_tags_to_resource", "remove_tags_from_resource", "ResourceName")


def _plain(client: str, resource: str, form: Callable[[Tags], Any] = as_list, **others: Any) -> TagCall:
    return TagCall(client, "tag_resource", "untag_resource", resource, form=form, **others)


def _iam(noun: str, resource: str, identify: Identify = name) -> TagCall:
    return TagCall("iam", f"tag_{noun}", f"untag_{noun}", resource, identify=identify)


def _queue_url(arn: str) -> str:
    """MiniStack takes any host."""
    _, _, _, region, account, queue = arn.split(":")
    return f"https://sqs.{region}.amazonaws.com/{account}/{queue}"


def _ec2_keys(keys: list[str]) -> list[dict[str, str]]:
    return [{"Key": key} for key in keys]


LOWER: dict[str, Any] = {"tags": "tags", "keys": "tagKeys"}
# By the ARN's service, or by service and type. AWS's managed policy ResourceGroupsTaggingAPITagUntagSupportedResources
# names the same actions.
CALLS: dict[str, TagCall] = {
    "acm": TagCall("acm", "add_tags_to_certificate", "remove_tags_from_certificate", "CertificateArn"),
    "athena": _plain("athena", "ResourceARN"),
    "backup": _plain("backup", "ResourceArn", dict, keys="TagKeyList"),
    "cloudwatch": _plain("cloudwatch", "ResourceARN"),
    "cognito-idp": _plain("cognito-idp", "ResourceArn", dict),
    "dynamodb": _plain("dynamodb", "ResourceArn"),
    "ec2": TagCall(
        *("ec2", "create_tags", "delete_tags", "Resources"),
        identify=lambda arn: [name(arn)],
        keys="Tags",
        keys_form=_ec2_keys,
    ),
    "ecr": _plain("ecr", "resourceArn", **LOWER),
    "ecs": _plain("ecs", "resourceArn", as_lower_list, **LOWER),
    "eks": _plain("eks", "resourceArn", dict, **LOWER),
    "elasticache": _rds_like("elasticache"),
    "elasticfilesystem": _plain("efs", "ResourceId", identify=name),
    "elasticloadbalancing": TagCall("elbv2", "add_tags", "remove_tags", "ResourceArns", identify=lambda arn: [arn]),
    "events": _plain("events", "ResourceARN"),
    "firehose": TagCall(
        "firehose", "tag_delivery_stream", "untag_delivery_stream", "DeliveryStreamName", identify=name
    ),
    "glue": _plain("glue", "ResourceArn", dict, tags="TagsToAdd", keys="TagsToRemove"),
    "iam:instance-profile": _iam("instance_profile", "InstanceProfileName"),
    "iam:policy": _iam("policy", "PolicyArn", whole),
    "iam:role": _iam("role", "RoleName"),
    "iam:user": _iam("user", "UserName"),
    "kinesis": TagCall("kinesis", "add_tags_to_stream", "remove_tags_from_stream", "StreamARN", form=dict),
    "kms": _plain("kms", "KeyId", as_kms_list),
    "lambda": _plain("lambda", "Resource", dict),
    "logs": _plain("logs", "resourceArn", dict, **LOWER),
    "rds": _rds_like("rds"),
    "s3": BucketTags("s3", "", "", ""),
    "secretsmanager": _plain("secretsmanager", "SecretId"),
    "sns": _plain("sns", "ResourceArn"),
    "sqs": TagCall("sqs", "tag_queue", "untag_queue", "QueueUrl", form=dict, identify=_queue_url),
    "ssm:parameter": ParameterTags("ssm", "", "", ""),
    "states": _plain("stepfunctions", "resourceArn", as_lower_list, **LOWER),
}


def call_for(arn: str) -> TagCall | None:
    """The call that tags this kind of resource; None when the API does not know the kind."""
    _, _, service, _, _, resource = arn.split(":", 5)
    return CALLS.get(service) or CALLS.get(f"{service}:{resource.split('/')[0]}")
