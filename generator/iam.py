"""IAM statements: one function per right that a role of Muster may have."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from troposphere import GetAtt, Ref, Sub

from contract.archive import FOLDER
from contract.names import Names

Statement = dict[str, Any]
Arn: TypeAlias = GetAtt | Sub


def allow(actions: Sequence[str], resources: Sequence[Any] | str, **conditions: Any) -> Statement:
    """Return an Allow statement; `conditions` are IAM's operators."""
    statement: Statement = {"Effect": "Allow", "Action": list(actions), "Resource": resources}
    return {**statement, "Condition": conditions} if conditions else statement


def write_logs(log_group: Arn) -> Statement:
    """Write to one log group, which the template makes: no role may make groups."""
    return allow(["logs:CreateLogStream", "logs:PutLogEvents"], [log_group])


def write_flow_logs(log_group: Arn) -> Statement:
    """Write a VPC's flow logs into one log group (VPC guide, "Publish flow logs to CloudWatch Logs")."""
    calls = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    return allow(calls, [log_group])


_INTERFACE_CALLS = (
    *("ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"),
    *("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"),
)


def make_network_interfaces(function: Arn) -> list[Statement]:
    """Let Lambda connect a function to a VPC, and keep the function's own code from the same calls.

    Lambda asks for every resource (its guide, "Giving Lambda functions access to resources in an Amazon VPC").
    """
    calls = list(_INTERFACE_CALLS)
    own_code = {"ArnEquals": {"lambda:SourceFunctionArn": function}}
    return [allow(calls, "*"), {"Effect": "Deny", "Action": calls, "Resource": "*", "Condition": own_code}]


def own_account_only(service: str) -> Statement:
    """Return an endpoint's policy: credentials of other accounts are of no use from inside the VPC."""
    own = {"StringEquals": {"aws:PrincipalAccount": Ref("AWS::AccountId")}}
    return {**allow([f"{service}:*"], "*"), "Principal": "*", "Condition": own}


def write_traces() -> Statement:
    """Send traces; X-Ray knows no resources for these calls."""
    return allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*")


def put_events(bus: Any) -> Statement:
    """Put events on one bus."""
    return allow(["events:PutEvents"], [bus])


def send_messages(*queues: Arn) -> Statement:
    """Send to some queues."""
    return allow(["sqs:SendMessage"], list(queues))


def consume_queue(*queues: Arn) -> Statement:
    """Be called by event source mappings on queues (Lambda guide, "Using Lambda with Amazon SQS")."""
    return allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], list(queues))


def look_at_queues(*queues: Arn) -> Statement:
    """See how many messages lie in queues."""
    return allow(["sqs:GetQueueAttributes", "sqs:GetQueueUrl"], list(queues))


def move_messages(dead: Sequence[Arn], working: Sequence[Arn]) -> list[Statement]:
    """Have SQS move dead letters back to their queues (SQS guide, "Dead-letter queue redrive")."""
    taken = ["sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:StartMessageMoveTask"]
    return [allow(taken, list(dead)), send_messages(*working)]


def ask_archive(names: Names, archive: str, answers: str, folder: str, key: Arn) -> list[Statement]:
    """Ask Athena in the archive's workgroup: it reads the archive and keeps answers in a folder as whoever asks.

    Athena guide, "Identity and access management in Athena" and "Access to Glue Data Catalog databases and tables".
    """
    name = names.archive_database
    calls = ["GetQueryExecution", "GetQueryResults", "StartQueryExecution", "StopQueryExecution"]
    here = "${AWS::Region}:${AWS::AccountId}"
    known = [
        Sub(f"arn:${{AWS::Partition}}:glue:{here}:{one}") for one in ("catalog", f"database/{name}", f"table/{name}/*")
    ]
    return [
        allow([f"athena:{one}" for one in calls], [Sub(f"arn:${{AWS::Partition}}:athena:{here}:workgroup/{name}")]),
        allow(["glue:GetDatabase", "glue:GetPartitions", "glue:GetTable"], known),
        allow(["s3:GetBucketLocation", "s3:ListBucket"], [GetAtt(archive, "Arn"), GetAtt(answers, "Arn")]),
        allow(["s3:GetObject"], [Sub(f"${{{archive}.Arn}}/{FOLDER}*"), Sub(f"${{{answers}.Arn}}/{folder}*")]),
        allow(["s3:PutObject"], [Sub(f"${{{answers}.Arn}}/{folder}*")]),
        allow(["kms:Decrypt"], [key], StringEquals={"kms:ViaService": _endpoint("s3")}),
    ]


def consume_stream(stream: Arn) -> Statement:
    """Be called by an event source mapping on a table's stream."""
    return allow(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], [stream])


def list_streams() -> Statement:
    """Find a table's stream; the call knows no resources."""
    return allow(["dynamodb:ListStreams"], "*")


def use_items(table: Arn, *calls: str) -> Statement:
    """Use the items of one table by these calls, not its indexes; in a transaction each item's own call counts."""
    return allow([f"dynamodb:{call}" for call in calls], [table])


def query_index(table: str, index: str) -> Statement:
    """List by one index of a table, given by its logical id."""
    return allow(["dynamodb:Query"], [Sub(f"${{{table}.Arn}}/index/{index}")])


def use_key(key: Arn, service: str) -> Statement:
    """Use a key through one service in this Region, never directly (DynamoDB guide, "Using KMS keys")."""
    actions = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    return allow(actions, [key], StringEquals={"kms:ViaService": _endpoint(service)})


def encrypt_objects(key: Arn) -> Statement:
    """Put objects under a key, whole and in one request, without reading any (S3 guide, "Using SSE-KMS")."""
    return allow(["kms:GenerateDataKey"], [key], StringEquals={"kms:ViaService": _endpoint("s3")})


def _endpoint(service: str) -> Sub:
    return Sub("%s.${AWS::Region}.${AWS::URLSuffix}" % service)  # noqa: UP031 - the braces are CloudFormation's


def assume_role(role: Sub, organization: str) -> Statement:
    """Assume a role of the organization's other accounts, which must trust the caller too."""
    return allow(["sts:AssumeRole"], [role], StringEquals={"aws:ResourceOrgID": organization})


def look_up(actions: Sequence[str]) -> Statement:
    """Read, in an account, whatever resource an event was about: what was made a moment ago has no known name."""
    return allow(actions, "*")


def list_accounts() -> Statement:
    """List the organization's accounts; the call knows no resources."""
    return allow(["organizations:ListAccounts"], "*")


def walk_organization() -> Statement:
    """Read units, their accounts and the accounts' tags from the root down; the calls would name every one of them."""
    parts = ("AccountsForParent", "OrganizationalUnitsForParent", "Roots", "TagsForResource")
    return allow([f"organizations:List{part}" for part in parts], "*")


def read_objects(objects: Sequence[Any]) -> Statement:
    """Read objects of buckets."""
    return allow(["s3:GetObject"], list(objects))


def list_folder(buckets: Arn, folder: str) -> Statement:
    """List what lies in one folder of buckets."""
    return allow(["s3:ListBucket"], [buckets], StringEquals={"s3:prefix": folder})


def list_below(buckets: Arn, prefix: str) -> Statement:
    """List what lies below a prefix of buckets."""
    return allow(["s3:ListBucket"], [buckets], StringLike={"s3:prefix": prefix})


def read_parameters(*paths: Arn) -> Statement:
    """Read the parameters below a path of Parameter Store, which is named with or without what follows it."""
    return allow(["ssm:GetParametersByPath"], list(paths))


def describe_instances() -> Statement:
    """Read what EC2 knows of instances; the call knows no resources."""
    return allow(["ec2:DescribeInstances"], "*")


def describe_nodes() -> Statement:
    """Read which instances Systems Manager reaches; the call is about all of them."""
    return allow(["ssm:DescribeInstanceInformation"], "*")


def send_commands(*documents: Arn) -> Statement:
    """Run some documents on the account's instances in this Region, and no other document."""
    instances = Sub("arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:instance/*")
    return allow(["ssm:SendCommand"], [*documents, instances])


def read_commands() -> Statement:
    """Read what became of commands; the call is about all of them."""
    return allow(["ssm:ListCommandInvocations"], "*")


def start_executions(*machines: Arn) -> Statement:
    """Start executions of some state machines."""
    return allow(["states:StartExecution"], list(machines))


def invoke_functions(functions: Sequence[Arn]) -> Statement:
    """Call some functions."""
    return allow(["lambda:InvokeFunction"], list(functions))


def write_objects(objects: Arn) -> Statement:
    """Write and delete objects."""
    return allow(["s3:DeleteObject", "s3:PutObject"], [objects])


def add_objects(objects: Arn) -> Statement:
    """Write objects, and delete none."""
    return allow(["s3:PutObject"], [objects])


def send_email(sender: str, identity_arn: str = "") -> Statement:
    """Send email as one sender, whichever identity vouches for it: the address, its domain, one above that.

    SES asks for the right on the recipients' identities and the identity's configuration set too, where it knows them;
    `ses:FromAddress` is what limits it. A message that is given whole needs the right of the older call as well (SES
    guide, "Identity policy examples").
    """
    here = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}"
    resources: list[Any] = [Sub(f"{here}:identity/*"), Sub(f"{here}:configuration-set/*")]
    calls = ["ses:SendEmail", "ses:SendRawEmail"]
    borrowed = [identity_arn] if identity_arn else []
    return allow(calls, [*resources, *borrowed], StringEquals={"ses:FromAddress": sender})


def look_at_email() -> Statement:
    """See whether SES sends at all, which identities are verified, and whom it sends nothing any more."""
    return allow(["ses:GetAccount", "ses:GetEmailIdentity", "ses:GetSuppressedDestination"], "*")


def look_at_phones() -> Statement:
    """See whether SNS sends text messages to anybody, and how much they may cost; the calls know no resources."""
    return allow(["sns:GetSMSAttributes", "sns:GetSMSSandboxAccountStatus"], "*")


def publish(topics: Sequence[Any]) -> Statement:
    """Publish to some topics."""
    return allow(["sns:Publish"], topics)


def list_subscriptions(topics: Sequence[Any]) -> Statement:
    """See who subscribes to some topics."""
    return allow(["sns:ListSubscriptionsByTopic"], topics)


def read_secrets(secrets: Sequence[Any]) -> Statement:
    """Read some secrets, which their AWS managed key encrypts."""
    return allow(["secretsmanager:GetSecretValue"], secrets)


def pull_image(repository: Arn) -> list[Statement]:
    """Fetch a container's image from one repository; the token is the whole registry's and knows no resources."""
    calls = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    return [allow(["ecr:GetAuthorizationToken"], "*"), allow(calls, [repository])]


def import_findings(product: Arn) -> Statement:
    """Import findings into Security Hub under one product."""
    return allow(["securityhub:BatchImportFindings"], [product])


def get_findings(*, in_ocsf: bool) -> Statement:
    """Read the findings of Security Hub, in one of its generations."""
    call = "GetFindingsV2" if in_ocsf else "GetFindings"
    return allow([f"securityhub:{call}"], [_security_hub(in_ocsf=in_ocsf)])


def update_findings(*, in_ocsf: bool) -> Statement:
    """Write to findings of Security Hub what customers may, in one of its generations."""
    call = "BatchUpdateFindingsV2" if in_ocsf else "BatchUpdateFindings"
    return allow([f"securityhub:{call}"], [_security_hub(in_ocsf=in_ocsf)])


def _security_hub(*, in_ocsf: bool) -> Sub:
    hub = "hubv2/*" if in_ocsf else "hub/default"
    return Sub(f"arn:${{AWS::Partition}}:securityhub:${{AWS::Region}}:${{AWS::AccountId}}:{hub}")


def call_tagging(actions: Sequence[str]) -> Statement:
    """Call the Resource Groups Tagging API, which knows no resources; the services' own actions limit what it does."""
    return allow(actions, "*")


def read_parents() -> list[Statement]:
    """Read what a creation belongs to, and who made that; of these calls only EKS's knows resources."""
    actions = ["autoscaling:DescribeTags", "cloudtrail:LookupEvents", "ec2:DescribeImages", "ec2:DescribeInstances"]
    groups = Sub("arn:${AWS::Partition}:eks:${AWS::Region}:${AWS::AccountId}:nodegroup/*")
    return [allow(actions, "*"), allow(["eks:DescribeNodegroup"], [groups])]


def tag_created(actions: Sequence[str], keys: Sequence[str]) -> Statement:
    """Tag any resource with its creator (the first key), once: never over a value that stands there already."""
    return allow(actions, "*", **_first_tag(keys))


def tag_narrowly(arns: Mapping[str, str], keys: Sequence[str]) -> Statement:
    """Tag by actions that change more than tags: each on its kind of resource (`arns`) only, never without a tag."""
    # One statement for all: an action meets the resources of its own service and kind only.
    kinds = sorted(set(arns.values()))
    resources = [Sub(arn.format(partition="${AWS::Partition}", account="${AWS::AccountId}")) for arn in kinds]
    conditions = _first_tag(keys)
    # ForAllValues is true of a request without tags (IAM guide, "Multivalued context keys").
    return allow(sorted(arns), resources, **{**conditions, "Null": {**conditions["Null"], "aws:TagKeys": "false"}})


def keep_tag(key: str) -> Statement:
    """Deny whatever writes a tag over a value that stands there already."""
    written_over = {"Null": {f"aws:ResourceTag/{key}": "false"}, "ForAnyValue:StringEquals": {"aws:TagKeys": [key]}}
    return {**allow(["*"], "*", **written_over), "Effect": "Deny"}


def _first_tag(keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    return {"Null": {f"aws:ResourceTag/{keys[0]}": "true"}, "ForAllValues:StringEquals": {"aws:TagKeys": list(keys)}}


def read_backups() -> Statement:
    """List images and snapshots; the calls know no resources."""
    return allow(["ec2:DescribeImages", "ec2:DescribeSnapshots"], "*")


def date_backups(keys: Sequence[str]) -> list[Statement]:
    """Tag images and snapshots that have no date yet (the first key) with these keys, and never over one of them."""
    # ForAllValues is true of a request without tags (IAM guide, "Multivalued context keys").
    conditions = _first_tag(keys)
    null = {**conditions["Null"], "aws:TagKeys": "false"}
    tag = allow(["ec2:CreateTags"], _backups(), **{**conditions, "Null": null})
    return [tag, *(_kept_on_backups(key) for key in keys[1:])]


def _kept_on_backups(key: str) -> Statement:
    """Deny what writes a tag of an image or snapshot over a value that stands there already."""
    written_over = {"Null": {f"aws:ResourceTag/{key}": "false"}, "ForAnyValue:StringEquals": {"aws:TagKeys": [key]}}
    return {**allow(["ec2:CreateTags"], _backups(), **written_over), "Effect": "Deny"}


def mark_backups(mark: str, beside: str, date: str) -> list[Statement]:
    """Mark images and snapshots that have a date, once, and take the mark and the tag beside it away again."""
    only = {"ForAllValues:StringEquals": {"aws:TagKeys": [mark, beside]}}
    first = {"Null": {"aws:TagKeys": "false", f"aws:ResourceTag/{mark}": "true", f"aws:ResourceTag/{date}": "false"}}
    return [
        allow(["ec2:CreateTags"], _backups(), **only, **first),
        allow(["ec2:DeleteTags"], _backups(), **only, Null={"aws:TagKeys": "false"}),
    ]


def delete_backups(mark: str, date: str, hold: str, retention: Mapping[str, str]) -> Statement:
    """Delete images and snapshots that bear the mark and a date, no hold, and no tag of `retention` (key → value)."""
    null = {f"aws:ResourceTag/{mark}": "false", f"aws:ResourceTag/{date}": "false", f"aws:ResourceTag/{hold}": "true"}
    kept = {f"aws:ResourceTag/{key}": value for key, value in retention.items()}
    return allow(["ec2:DeleteSnapshot", "ec2:DeregisterImage"], _backups(), Null=null, StringNotEqualsIgnoreCase=kept)


def see_uses() -> list[Statement]:
    """See what uses images and snapshots, and with whom they are shared; parameters may have any name."""
    actions = [
        *("autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeLaunchConfigurations"),
        *("ec2:DescribeInstances", "ec2:DescribeLaunchTemplateVersions", "ec2:DescribeLaunchTemplates"),
        "ssm:DescribeParameters",
    ]
    parameters = Sub("arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/*")
    return [
        allow(actions, "*"),
        allow(["ec2:DescribeImageAttribute", "ec2:DescribeSnapshotAttribute"], _backups()),
        allow(["ssm:GetParameters"], [parameters]),
    ]


def _backups() -> list[Sub]:
    """Return the ARNs of images and snapshots, which name no account (service authorization reference, EC2)."""
    return [Sub(f"arn:${{AWS::Partition}}:ec2:${{AWS::Region}}::{kind}/*") for kind in ("image", "snapshot")]


def call_function(function: Arn) -> Statement:
    """Call one function."""
    return allow(["lambda:InvokeFunction"], [function])


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


def trust_stack_sets() -> Statement:
    """See and turn on StackSets' access to the organization; the calls know no resources."""
    return allow(["cloudformation:ActivateOrganizationsAccess", "cloudformation:DescribeOrganizationsAccess"], "*")


def trust_services(principals: Sequence[str]) -> Statement:
    """Turn on the access of these services to the organization; the call knows no resources."""
    return allow(["organizations:EnableAWSServiceAccess"], "*", **_of_services(principals))


def make_linked_roles(services: Sequence[str]) -> Statement:
    """Let a service make its own roles in this account, which the caller must be allowed to have made."""
    roles = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/aws-service-role"
    return allow(
        ["iam:CreateServiceLinkedRole"],
        [Sub(f"{roles}/{one}/*") for one in services],
        StringEquals={"iam:AWSServiceName": list(services)},
    )


def record_configuration() -> list[Statement]:
    """Make and start AWS Config's recorder under Config's own role, which the caller passes on."""
    service = "config.amazonaws.com"
    role = Sub(
        f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/aws-service-role/{service}/AWSServiceRoleForConfig"
    )
    calls = [
        *("config:DescribeConfigurationRecorderStatus", "config:DescribeConfigurationRecorders"),
        *("config:PutConfigurationRecorder", "config:PutDeliveryChannel", "config:StartConfigurationRecorder"),
    ]
    passed = {"StringEquals": {"iam:PassedToService": service}}
    return [allow(calls, "*"), make_linked_roles([service]), allow(["iam:PassRole"], [role], **passed)]


def see_linked_roles(services: Sequence[str]) -> Statement:
    """See whether a service's own roles are there."""
    roles = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/aws-service-role"
    return allow(["iam:GetRole"], [Sub(f"{roles}/{one}/*") for one in services])


def name_administrator(account: Arn, principals: Sequence[str]) -> Statement:
    """Make one account the delegated administrator of these services."""
    return allow(["organizations:RegisterDelegatedAdministrator"], [account], **_of_services(principals))


def dismiss_administrators(accounts: Arn, principals: Sequence[str]) -> Statement:
    """Take that back, from an account that was named before, too."""
    return allow(["organizations:DeregisterDelegatedAdministrator"], [accounts], **_of_services(principals))


def see_administrators() -> Statement:
    """See the organization, its delegated administrators and trusted services; the calls know no resources."""
    parts = ("DescribeOrganization", "ListAWSServiceAccessForOrganization", "ListDelegatedAdministrators")
    return allow([f"organizations:{part}" for part in parts], "*")


def write_resource_policy() -> Statement:
    """Read, write and delete the organization's one resource policy, which has no id before it is there."""
    actions = ("Delete", "Describe", "Put")
    return allow([f"organizations:{action}ResourcePolicy" for action in actions], "*")


def delegate_trails() -> Statement:
    """Make an account CloudTrail's delegated administrator; the call knows no resources."""
    return allow(["cloudtrail:RegisterOrganizationDelegatedAdmin"], "*")


def name_security_administrator(service: str) -> Statement:
    """See and name who administers a security service for the organization; the calls know no resources."""
    if service == "config":
        # Organizations registers it, as it does StackSets.
        return allow(["organizations:ListDelegatedAdministrators"], "*")
    if service == "inspector2":
        return allow(["inspector2:EnableDelegatedAdminAccount", "inspector2:ListDelegatedAdminAccounts"], "*")
    return allow([f"{service}:EnableOrganizationAdminAccount", f"{service}:ListOrganizationAdminAccounts"], "*")


def take_back_trails() -> Statement:
    """Take that back; the call knows no resources."""
    return allow(["cloudtrail:DeregisterOrganizationDelegatedAdmin"], "*")


def _of_services(principals: Sequence[str]) -> dict[str, dict[str, Any]]:
    return {"StringEquals": {"organizations:ServicePrincipal": list(principals)}}
