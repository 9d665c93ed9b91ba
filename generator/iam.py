"""IAM statements: one function per right that a role of Muster may have."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from troposphere import GetAtt, Sub

Statement = dict[str, Any]
Arn: TypeAlias = GetAtt | Sub


def allow(actions: Sequence[str], resources: Sequence[Any] | str, **conditions: Any) -> Statement:
    """Return an Allow statement; `conditions` are IAM's operators."""
    statement: Statement = {"Effect": "Allow", "Action": list(actions), "Resource": resources}
    return {**statement, "Condition": conditions} if conditions else statement


def write_logs(log_group: Arn) -> Statement:
    """Write to one log group, which the template makes: no role may make groups."""
    return allow(["logs:CreateLogStream", "logs:PutLogEvents"], [log_group])


def write_traces() -> Statement:
    """Send traces; X-Ray knows no resources for these calls."""
    return allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*")


def put_events(bus: Any) -> Statement:
    """Put events on one bus."""
    return allow(["events:PutEvents"], [bus])


def send_messages(queue: Arn) -> Statement:
    """Send to one queue."""
    return allow(["sqs:SendMessage"], [queue])


def consume_queue(queue: Arn) -> Statement:
    """Be called by an event source mapping on a queue (Lambda guide, "Using Lambda with Amazon SQS")."""
    return allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], [queue])


def consume_stream(stream: Arn) -> Statement:
    """Be called by an event source mapping on a table's stream."""
    return allow(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], [stream])


def list_streams() -> Statement:
    """Find a table's stream; the call knows no resources."""
    return allow(["dynamodb:ListStreams"], "*")


def use_items(table: Arn, *calls: str) -> Statement:
    """Use the items of one table by these calls, not its indexes; in a transaction each item's own call counts."""
    return allow([f"dynamodb:{call}" for call in calls], [table])


def use_key(key: Arn, service: str) -> Statement:
    """Use a key through one service in this Region, never directly (DynamoDB guide, "Using KMS keys")."""
    actions = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    endpoint = Sub("%s.${AWS::Region}.${AWS::URLSuffix}" % service)  # noqa: UP031 - the braces are CloudFormation's
    return allow(actions, [key], StringEquals={"kms:ViaService": endpoint})


def list_accounts() -> Statement:
    """List the organization's accounts; the call knows no resources."""
    return allow(["organizations:ListAccounts"], "*")


def walk_organization() -> Statement:
    """Read units, their accounts and the accounts' tags from the root down; the calls would name every one of them."""
    parts = ("AccountsForParent", "OrganizationalUnitsForParent", "Roots", "TagsForResource")
    return allow([f"organizations:List{part}" for part in parts], "*")


def send_email(sender: str) -> Statement:
    """Send email from one SES identity of this Region: the address, or its domain."""
    identities = [sender, sender.rpartition("@")[2]]
    arns = [
        Sub(f"arn:${{AWS::Partition}}:ses:${{AWS::Region}}:${{AWS::AccountId}}:identity/{one}") for one in identities
    ]
    return allow(["ses:SendEmail"], arns, StringEquals={"ses:FromAddress": sender})


def call_tagging(actions: Sequence[str]) -> Statement:
    """Call the Resource Groups Tagging API, which knows no resources; the services' own actions limit what it does."""
    return allow(actions, "*")


def tag_created(actions: Sequence[str], key: str) -> Statement:
    """Tag any resource with its creator, once: never over a value that stands there already, and nothing else."""
    return allow(actions, "*", **_first_tag(key))


def tag_narrowly(arns: Mapping[str, str], key: str) -> Statement:
    """Tag by actions that change more than tags: each on its kind of resource (`arns`), and never without a tag."""
    # One statement for all: an action meets the resources of its own service and kind only.
    kinds = sorted(set(arns.values()))
    resources = [Sub(arn.format(partition="${AWS::Partition}", account="${AWS::AccountId}")) for arn in kinds]
    conditions = _first_tag(key)
    # ForAllValues is true of a request without tags (IAM guide, "Multivalued context keys").
    return allow(sorted(arns), resources, **{**conditions, "Null": {**conditions["Null"], "aws:TagKeys": "false"}})


def _first_tag(key: str) -> dict[str, dict[str, Any]]:
    return {"Null": {f"aws:ResourceTag/{key}": "true"}, "ForAllValues:StringEquals": {"aws:TagKeys": [key]}}


def look_after_rules() -> Statement:
    """See whether rules are there and enabled; the call knows no resources."""
    return allow(["events:ListRules"], "*")


def look_after_queues(queues: Sequence[Any]) -> Statement:
    """See how many messages wait in queues."""
    return allow(["sqs:GetQueueAttributes", "sqs:GetQueueUrl"], list(queues))


def look_after_trails() -> Statement:
    """See whether a trail logs management events; an organization's trail belongs to another account."""
    return allow(["cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus"], "*")


def look_after_roles(arns: Sequence[Any]) -> Statement:
    """See whether roles are there."""
    return allow(["iam:GetRole"], list(arns))
