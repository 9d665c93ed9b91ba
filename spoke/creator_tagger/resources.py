"""The table of create calls: what each one creates."""

from spoke.creator_tagger.created.analytics import ANALYTICS
from spoke.creator_tagger.created.business import BUSINESS
from spoke.creator_tagger.created.compute import COMPUTE
from spoke.creator_tagger.created.databases import DATABASES
from spoke.creator_tagger.created.developer import DEVELOPER
from spoke.creator_tagger.created.ec2 import EC2
from spoke.creator_tagger.created.iot import IOT
from spoke.creator_tagger.created.machine_learning import MACHINE_LEARNING
from spoke.creator_tagger.created.management import MANAGEMENT
from spoke.creator_tagger.created.media import MEDIA
from spoke.creator_tagger.created.messaging import MESSAGING
from spoke.creator_tagger.created.networking import NETWORKING
from spoke.creator_tagger.created.security import SECURITY
from spoke.creator_tagger.created.storage import STORAGE
from spoke.creator_tagger.creation import Created

CREATED: dict[str, Created] = {
    **ANALYTICS,
    **BUSINESS,
    **COMPUTE,
    **DATABASES,
    **DEVELOPER,
    **EC2,
    **IOT,
    **MACHINE_LEARNING,
    **MANAGEMENT,
    **MEDIA,
    **MESSAGING,
    **NETWORKING,
    **SECURITY,
    **STORAGE,
}

# Create calls whose answer holds an ARN that takes no tags: neither in the table nor found by the last resort.
UNTAGGABLE = frozenset(
    {
        "amplify.amazonaws.com:CreateBackendEnvironment",
        "amplify.amazonaws.com:CreateDomainAssociation",
        "appmesh.amazonaws.com:CreateRoute",
        "appsync.amazonaws.com:CreateDataSource",
        "appsync.amazonaws.com:CreateFunction",
        "appsync.amazonaws.com:CreateResolver",
        "appsync.amazonaws.com:CreateType",
        "cloudfront.amazonaws.com:CreateRealtimeLogConfig",
        "codebuild.amazonaws.com:ImportSourceCredentials",
        "dynamodb.amazonaws.com:CreateBackup",
        "dynamodb.amazonaws.com:CreateGlobalTable",
        "events.amazonaws.com:CreateApiDestination",
        "events.amazonaws.com:CreateArchive",
        "events.amazonaws.com:CreateConnection",
        "events.amazonaws.com:CreateEndpoint",
        "globalaccelerator.amazonaws.com:CreateEndpointGroup",
        "globalaccelerator.amazonaws.com:CreateListener",
        "iam.amazonaws.com:CreateGroup",
        "iot.amazonaws.com:CreateThing",
        "iot.amazonaws.com:CreateTopicRuleDestination",
        "iot.amazonaws.com:RegisterCertificate",
        "kafka.amazonaws.com:CreateConfiguration",
        "kafka.amazonaws.com:CreateTopic",
        "lambda.amazonaws.com:CreateAlias20150331",
        "securityhub.amazonaws.com:CreateInsight",
    },
)
