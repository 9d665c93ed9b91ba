"""IAM statements: one function per right that a role of Muster may have."""

from collections.abc import Sequence
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


def read_table(table: Arn) -> Statement:
    """Read the items of one table, by key."""
    return allow(["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"], [table])


def write_table(table: Arn) -> Statement:
    """Read and write the items of one table, by key."""
    actions = ["BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"]
    return allow([f"dynamodb:{action}" for action in actions], [table])


def use_key(key: Arn, service: str) -> Statement:
    """Use a key through one service in this Region, never directly (DynamoDB guide, "Using KMS keys")."""
    actions = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    endpoint = Sub("%s.${AWS::Region}.${AWS::URLSuffix}" % service)  # noqa: UP031 - the braces are CloudFormation's
    return allow(actions, [key], StringEquals={"kms:ViaService": endpoint})


def read_organization() -> Statement:
    """Read the organization's tree: accounts, units, tags; Organizations' list calls know no resources."""
    actions = ["ListAccounts", "ListChildren", "ListOrganizationalUnitsForParent", "ListParents", "ListRoots"]
    more = ["DescribeOrganization", "DescribeOrganizationalUnit", "ListAccountsForParent", "ListTagsForResource"]
    return allow(sorted(f"organizations:{action}" for action in [*actions, *more]), "*")


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


def tag_created(actions: Sequence[str], keys: Sequence[str]) -> Statement:
    """Tag any resource with its creator, once: never over a value that stands there already, and nothing else."""
    return allow(actions, "*", **_first_tags(keys))


def tag_narrowly(action: str, arn: str, keys: Sequence[str]) -> Statement:
    """Tag by an action that changes more than tags, and therefore on one kind of resource only."""
    resource = Sub(arn.format(partition="${AWS::Partition}", account="${AWS::AccountId}"))
    return allow([action], [resource], **_first_tags(keys))


def _first_tags(keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    return {
        "Null": {f"aws:ResourceTag/{keys[0]}": "true"},
        "ForAllValues:StringEquals": {"aws:TagKeys": list(keys)},
    }


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
