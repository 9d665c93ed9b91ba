"""What of a deployment lies in an account and Region, by listing."""

from collections.abc import Callable, Iterator
from typing import Any

Client = Callable[[str], Any]


def leftovers(client: Client, prefix: str) -> set[str]:
    """Return everything whose name begins with the prefix; `client` makes a client of a service there."""
    return {name for name in _names(client) if name.removeprefix("/").removeprefix("alias/").startswith(prefix)}


def _names(client: Client) -> Iterator[str]:
    for service, call, key, name in LISTS:
        for page in client(service).get_paginator(call).paginate():
            yield from (one[name] if name else one.rpartition("/")[2] for one in page.get(key, []))
    for page in client("cloudformation").get_paginator("describe_stacks").paginate():
        yield from (one["StackName"] for one in page["Stacks"])
    yield from (one["Name"] for one in client("s3").list_buckets()["Buckets"])
    yield from (one["Name"] for one in client("events").list_event_buses()["EventBuses"])
    yield from (one["ArchiveName"] for one in client("events").list_archives()["Archives"])
    yield from (one["TopicArn"].rpartition(":")[2] for one in client("sns").list_topics()["Topics"])


# Service, paginated call, the page's key, and the field that is the name; none: the entry itself, an address.
LISTS = (
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("dynamodb", "list_tables", "TableNames", ""),
    ("events", "list_rules", "Rules", "Name"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("kms", "list_aliases", "Aliases", "AliasName"),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("sqs", "list_queues", "QueueUrls", ""),
)
