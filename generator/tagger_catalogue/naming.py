"""What no model states: how CloudTrail and IAM call a service, and which operations create nothing of their own."""

import re

# eventSource is the signing name, else the endpoint prefix; these differ, each seen in a record or in AWS's guides.
EVENT_SOURCES = {
    "chime-sdk-media-pipelines": "chime-sdk-media-pipelines",
    "cloudwatch": "monitoring",
    "marketplace-agreement": "agreement-marketplace",
    "mq": "amazonmq",
    "pinpoint": "mobiletargeting",
    "rds-data": "rdsdata",
    "servicecatalog-appregistry": "servicecatalog-appregistry",
}
# CloudTrail appends an API's version to these names.
EVENT_NAMES = {
    ("cloudfront", "CreateDistribution"): ("CreateDistribution", "CreateDistribution2020_05_31"),
    ("cloudfront", "CreateStreamingDistribution"): (
        "CreateStreamingDistribution",
        "CreateStreamingDistribution2020_05_31",
    ),
    ("lambda", "CreateEventSourceMapping"): ("CreateEventSourceMapping20150331",),
    ("lambda", "CreateFunction"): ("CreateFunction20150331",),
    ("lambda", "PublishLayerVersion"): ("PublishLayerVersion20181031",),
}
# The prefix of a service's IAM actions where neither its signing name nor its endpoint says it.
IAM_PREFIXES = {
    "amp": "aps", "apigatewayv2": "apigateway", "cloudwatch": "cloudwatch", "discovery": "discovery", "docdb": "rds",
    "efs": "elasticfilesystem", "elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing",
    "emr": "elasticmapreduce", "keyspaces": "cassandra", "lex-models": "lex", "lexv2-models": "lex", "mq": "mq",
    "mwaa": "airflow", "neptune": "rds", "opensearch": "es", "pinpoint": "mobiletargeting", "s3control": "s3",
    "sesv2": "ses", "sso-admin": "sso", "stepfunctions": "states", "timestream-write": "timestream",
}  # fmt: skip
# Services whose answers lose the one structure around them: `DBInstance`, `CacheCluster`, `Cluster`.
FLATTENED = {"docdb", "elasticache", "neptune", "rds", "redshift"}
# Of several services that record the same call, the one that names it best.
PREFERRED = ("apigateway", "elbv2", "kinesisanalyticsv2", "opensearch", "rds", "sesv2")
# Their operations create nothing that lasts.
LEFT_OUT = {"dynamodbstreams", "s3vectors-data", "sts"}

CREATING = re.compile(
    r"(?:Create|Run|Allocate|Copy|Import|Register|Request|Restore|Provision|Purchase|Launch|Clone|Replicate|Upload|Publish)"
    r"([A-Z]\w*)"
)
# These create only where the request may carry tags.
PERHAPS_CREATING = re.compile(r"(?:Put|Start|Submit|Enable|Add|Associate|Issue|Build|Accept)([A-Z]\w*)")
NOT_CREATING = re.compile(
    r"CreateTags|CreateOrUpdateTags|CreateGrant|CreateAccessKey|CreateLoginProfile|CreateToken|CreatePresigned|CreateUploadUrl|"
    r"RequestUploadCredentials|CopyObject|CreateMultipartUpload|CreateSession$|RegisterInstances|RegisterTargets|RequestService|"
    r"AddTags|PutBucketTagging|PutObjectTagging|AssociateTag|CreateSampleFindings|CreateServiceLinkedRole|"
    r"CreateNetworkAclEntry|CreateRoute$|\w*(StreamingURL|PresignedUrl|AccessDetails|PresignedDomainUrl)$|PublishVersion|"
    r"CreateExportTask|PutDashboard|PutManagedInsightRules|\w*Recommendation\w*$|UploadPart|UploadArchive|"
    r"CreateQueueIfNotExists"
)
# The member of a request that holds the tags of what it creates.
TAGS = re.compile(
    r"tags?|taglist|tagset|tagspecifications?|resourcetags|tagkeyvaluepairs|hostedzonetags|distributionconfigwithtags|"
    r"streamingdistributionconfigwithtags|projecttags|userpooltags|backupvaulttags|backupplantags|recoverypointtags|"
    r"frameworktags|reportplantags|restoretestingplan|createbucketconfiguration|jobtags"
)
# What an operation's noun loses until it names what is created: `DBInstanceFromS3` is a `DBInstance`.
_SOURCES = re.compile(r"(From\w+|To\w+|Async|WithTags|ReadReplica|V2|v2)$")


def normal(name: str) -> str:
    """Return a name as names are compared: lower case, letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def singular(word: str) -> str:
    """Return the singular of a word, as far as AWS's English goes."""
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def noun_of(operation: str) -> tuple[str, bool] | None:
    """Return what an operation creates, and whether its verb alone says so; None for one that creates nothing."""
    if NOT_CREATING.match(operation):
        return None
    surely = CREATING.fullmatch(operation)
    found = surely or PERHAPS_CREATING.fullmatch(operation)
    if not found:
        return None
    noun = found.group(1)
    return (_SOURCES.sub("", noun) or noun), bool(surely)
