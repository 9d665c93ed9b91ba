"""A template that uses every resource type and property which the product's own templates need."""

import io
import json
import zipfile
from typing import Any

FUNCTION = """
import json, os, urllib.request

def answer(event, context) -> None:
    body = {"Status": "FAILED" if event["ResourceProperties"].get("Fail") else "SUCCESS", "Reason": "as asked",
            "PhysicalResourceId": "scan", "StackId": event["StackId"], "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"], "Data": {"Kind": event["RequestType"]}}
    if event["ResourceProperties"].get("Silent") and event["RequestType"] == "Create":
        return
    request = urllib.request.Request(event["ResponseURL"], json.dumps(body).encode(), method="PUT")
    urllib.request.urlopen(request)

def handler(event, context) -> None:
    print(json.dumps({"mode": os.environ["MODE"], "records": len(event.get("Records", [])), "event": event}))
    if "RequestType" in event:
        answer(event, context)
    failures = [r for r in event.get("Records", []) if "poison" in json.dumps(r)]
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in failures if "messageId" in r]}
"""


def archive() -> bytes:
    """The function's zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        target.writestr("index.py", FUNCTION)
    return buffer.getvalue()


def sub(text: str) -> dict[str, Any]:
    return {"Fn::Sub": text}


def att(name: str, attribute: str = "Arn") -> dict[str, Any]:
    return {"Fn::GetAtt": [name, attribute]}


def ref(name: str) -> dict[str, Any]:
    return {"Ref": name}


def resource(kind: str, depends: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    made = {"Type": f"AWS::{kind}", "Properties": properties}
    return {**made, "DependsOn": list(depends)} if depends else made


def statement(action: str | list[str], target: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": target, **more}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def service(name: str) -> dict[str, Any]:
    return {"Principal": {"Service": f"{name}.amazonaws.com"}}


def trust(*names: str) -> dict[str, Any]:
    principals = {"Service": [f"{name}.amazonaws.com" for name in names]}
    return policy({"Effect": "Allow", "Principal": principals, "Action": "sts:AssumeRole"})


PARAMETERS = {
    "Prefix": {"Type": "String", "AllowedPattern": "[a-z]+", "MaxLength": 12},
    "CodeBucket": {"Type": "String"},
    "Mode": {"Type": "String", "Default": "plain", "AllowedValues": ["plain", "fancy"]},
    "OrganizationId": {"Type": "String"},
    "Silent": {"Type": "String", "Default": ""},
}

CONDITIONS = {
    "IsFancy": {"Fn::Equals": [ref("Mode"), "fancy"]},
    "IsSilent": {"Fn::Not": [{"Fn::Equals": [ref("Silent"), ""]}]},
}

KEY = {
    "Key": resource(
        "KMS::Key",
        EnableKeyRotation=True,
        KeyPolicy=policy(
            {**statement("kms:*"), "Principal": {"AWS": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")}},
            {**statement(["kms:Decrypt", "kms:GenerateDataKey*"]), **service("events")},
        ),
    ),
    "KeyAlias": resource("KMS::Alias", AliasName=sub("alias/${Prefix}"), TargetKeyId=ref("Key")),
}

STORAGE = {
    "Table": {
        **resource(
            "DynamoDB::Table",
            TableName=sub("${Prefix}-table"),
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "bucket", "seen")],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "Seen",
                    "KeySchema": [
                        {"AttributeName": "bucket", "KeyType": "HASH"},
                        {"AttributeName": "seen", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]},
                }
            ],
            StreamSpecification={"StreamViewType": "NEW_AND_OLD_IMAGES"},
            TimeToLiveSpecification={"AttributeName": "ttl_timestamp", "Enabled": True},
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            SSESpecification={"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": att("Key")},
            DeletionProtectionEnabled=False,
        ),
        "DeletionPolicy": "Delete",
    },
    "Bucket": {
        **resource(
            "S3::Bucket",
            BucketName=sub("${Prefix}-kept-${AWS::AccountId}"),
            VersioningConfiguration={"Status": "Enabled"},
            PublicAccessBlockConfiguration={"BlockPublicAcls": True, "BlockPublicPolicy": True},
            LifecycleConfiguration={"Rules": [{"Id": "old", "Status": "Enabled", "ExpirationInDays": 2555}]},
        ),
        "DeletionPolicy": "Retain",
    },
    "BucketPolicy": resource(
        "S3::BucketPolicy",
        Bucket=ref("Bucket"),
        PolicyDocument=policy(
            {
                **statement("s3:GetObject", sub("${Bucket.Arn}/*")),
                "Principal": "*",
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": ref("OrganizationId")}},
            },
            {**statement("s3:GetBucketAcl", att("Bucket")), "Principal": {"Service": "cloudtrail.amazonaws.com"}},
            {
                **statement("s3:PutObject", sub("${Bucket.Arn}/AWSLogs/${AWS::AccountId}/*")),
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
            },
        ),
    ),
}

QUEUES = {
    "DeadLetters": resource("SQS::Queue", QueueName=sub("${Prefix}-dlq"), SqsManagedSseEnabled=True),
    "Queue": resource(
        "SQS::Queue",
        QueueName=sub("${Prefix}-queue"),
        KmsMasterKeyId=att("Key"),
        VisibilityTimeout=2,
        RedrivePolicy={"deadLetterTargetArn": att("DeadLetters"), "maxReceiveCount": 1},
    ),
    "QueuePolicy": resource(
        "SQS::QueuePolicy",
        Queues=[ref("Queue"), ref("DeadLetters")],
        PolicyDocument=policy(
            {**statement("sqs:SendMessage", att("Queue")), **service("events")},
            {**statement("sqs:SendMessage", att("DeadLetters")), **service("events")},
        ),
    ),
    "Topic": resource("SNS::Topic", TopicName=sub("${Prefix}-topic"), KmsMasterKeyId=ref("Key")),
    "TopicPolicy": resource(
        "SNS::TopicPolicy",
        Topics=[ref("Topic")],
        PolicyDocument=policy({**statement("sns:Publish", ref("Topic")), **service("cloudwatch")}),
    ),
    "Subscription": resource("SNS::Subscription", TopicArn=ref("Topic"), Protocol="email", Endpoint="a@example.com"),
    "Alarm": resource(
        "CloudWatch::Alarm",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": att("DeadLetters", "QueueName")}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[ref("Topic")],
    ),
}

STREAM = [f"dynamodb:{action}" for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")]

FUNCTIONS = {
    "Logs": resource("Logs::LogGroup", LogGroupName=sub("/${Prefix}/worker"), RetentionInDays=14),
    "Role": resource(
        "IAM::Role",
        RoleName=sub("${Prefix}-worker-${AWS::Region}"),
        AssumeRolePolicyDocument=trust("lambda"),
        Policies=[
            {
                "PolicyName": "work",
                "PolicyDocument": policy(
                    statement(["logs:CreateLogStream", "logs:PutLogEvents"], att("Logs")),
                    statement(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], att("Queue")),
                    statement("sqs:SendMessage", att("DeadLetters")),
                    statement(STREAM, {"Fn::Join": ["/", [att("Table"), "stream", "*"]]}),
                ),
            }
        ],
    ),
    "Function": resource(
        "Lambda::Function",
        FunctionName=sub("${Prefix}-worker"),
        Runtime="python3.13",
        Handler="index.handler",
        Role=att("Role"),
        Code={"S3Bucket": ref("CodeBucket"), "S3Key": "functions/worker.zip"},
        Architectures=[{"Fn::Select": [0, ["arm64", "x86_64"]]}],
        Timeout=10,
        MemorySize=256,
        TracingConfig={"Mode": "Active"},
        LoggingConfig={"LogGroup": ref("Logs"), "LogFormat": "Text"},
        Environment={"Variables": {"MODE": {"Fn::If": ["IsFancy", "very fancy", "plain"]}}},
    ),
    "Invocation": resource(
        "Lambda::EventInvokeConfig",
        FunctionName=ref("Function"),
        Qualifier="$LATEST",
        MaximumRetryAttempts=1,
        MaximumEventAgeInSeconds=3600,
        DestinationConfig={"OnFailure": {"Destination": att("DeadLetters")}},
    ),
    "FromQueue": resource(
        "Lambda::EventSourceMapping",
        FunctionName=att("Function"),
        EventSourceArn=att("Queue"),
        BatchSize=10,
        MaximumBatchingWindowInSeconds=0,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        ScalingConfig={"MaximumConcurrency": 2},
    ),
    "FromStream": resource(
        "Lambda::EventSourceMapping",
        FunctionName=att("Function"),
        EventSourceArn=att("Table", "StreamArn"),
        StartingPosition="TRIM_HORIZON",
        BatchSize=100,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=2,
        FilterCriteria={"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]},
        DestinationConfig={"OnFailure": {"Destination": att("DeadLetters")}},
    ),
}

EVENTS = {
    "Bus": resource("Events::EventBus", Name=sub("${Prefix}-bus")),
    "BusPolicy": resource(
        "Events::EventBusPolicy",
        EventBusName=ref("Bus"),
        StatementId="organization",
        Statement={
            **statement("events:PutEvents", att("Bus")),
            "Principal": "*",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": ref("OrganizationId")}},
        },
    ),
    "Archive": resource(
        "Events::Archive", ArchiveName=sub("${Prefix}-archive"), SourceArn=att("Bus"), RetentionDays=30
    ),
    "BusRule": resource(
        "Events::Rule",
        Name=sub("${Prefix}-arrivals"),
        EventBusName=ref("Bus"),
        EventPattern={"source": [{"prefix": "test"}]},
        State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
        Targets=[{"Id": "queue", "Arn": att("Queue"), "DeadLetterConfig": {"Arn": att("DeadLetters")}}],
    ),
    "Direct": resource(
        "Events::Rule",
        EventPattern={"source": ["aws.test"]},
        Targets=[{"Id": "function", "Arn": att("Function")}],
    ),
    "DirectPermission": resource(
        "Lambda::Permission",
        FunctionName=ref("Function"),
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=att("Direct"),
    ),
    "Sweep": resource(
        "Events::Rule",
        ScheduleExpression="rate(1 day)",
        State="DISABLED",
        Targets=[{"Id": "function", "Arn": att("Function")}],
    ),
    "ScheduleRole": resource(
        "IAM::Role",
        AssumeRolePolicyDocument=trust("scheduler"),
        Policies=[
            {"PolicyName": "invoke", "PolicyDocument": policy(statement("lambda:InvokeFunction", att("Function")))}
        ],
    ),
    "Schedule": resource(
        "Scheduler::Schedule",
        Name=sub("${Prefix}-schedule"),
        ScheduleExpression="rate(1 minutes)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": att("Function"), "RoleArn": att("ScheduleRole"), "Input": '{"scheduled": true}'},
    ),
    "Scan": {
        "Type": "Custom::Scan",
        "DependsOn": ["DirectPermission"],
        "Properties": {
            "ServiceToken": att("Function"),
            "ServiceTimeout": 4,
            "Mode": ref("Mode"),
            "Silent": {"Fn::If": ["IsSilent", "yes", ref("AWS::NoValue")]},
        },
    },
    "OnlyFancy": {
        **resource("SSM::Parameter", Type="String", Value="x", Name=sub("/${Prefix}/fancy")),
        "Condition": "IsFancy",
    },
    "Trail": {
        **resource("CloudTrail::Trail", IsLogging=True, S3BucketName=ref("Bucket")),
        "DependsOn": ["BucketPolicy"],
    },
}

OUTPUTS = {"Bus": {"Value": att("Bus")}, "Kind": {"Value": att("Scan", "Kind")}, "Key": {"Value": ref("KeyAlias")}}


def template() -> str:
    """The whole template as text."""
    resources = {**KEY, **STORAGE, **QUEUES, **FUNCTIONS, **EVENTS}
    body = {"Parameters": PARAMETERS, "Conditions": CONDITIONS, "Resources": resources, "Outputs": OUTPUTS}
    return json.dumps(body)
