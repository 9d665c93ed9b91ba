"""Links in messages that act: two methods of the API that ask for no signature but the token's."""

from troposphere import AWSObject, GetAtt, Ref, Sub
from troposphere.apigateway import Integration, Method, MethodSetting, Resource
from troposphere.awslambda import Permission
from troposphere.secretsmanager import GenerateSecretString, Secret

from generator import iam
from generator.config import Config
from generator.functions import ACTIONS
from generator.parts.function import Site, function

ACTION_KEYS = "ActionKeys"
_PATH = "actions"
_REQUESTS_A_SECOND = 10


def action_keys(config: Config) -> list[Secret]:
    """Return the secret with which links are signed; `previous` is for the days in which it is replaced."""
    return [
        Secret(
            ACTION_KEYS,
            Name=f"{config.aws.prefix}/action-keys",
            Description="Signs the links in messages that acknowledge and suppress findings",
            KmsKeyId=GetAtt("DataKey", "Arn"),
            GenerateSecretString=GenerateSecretString(
                SecretStringTemplate='{"previous": ""}',
                GenerateStringKey="current",
                PasswordLength=64,
                ExcludePunctuation=True,
            ),
        )
    ]


def read_action_keys() -> list[iam.Statement]:
    """Return what whoever makes or reads such links needs."""
    return [iam.read_secrets([GetAtt(ACTION_KEYS, "Id")]), iam.use_key(GetAtt("DataKey", "Arn"), "secretsmanager")]


def actions(site: Site) -> list[AWSObject]:
    """Return the function behind the links, which decides about findings and nothing else."""
    statements = [
        iam.use_items(GetAtt("FindingsTable", "Arn"), "GetItem", "PutItem"),
        iam.use_items(GetAtt("StateTable", "Arn"), "GetItem"),
        iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb"),
        *read_action_keys(),
    ]
    caller = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${ApiGateway}/v1/*/" + _PATH
    return [
        *function(ACTIONS, site, statements, site.config.findings.log_retention_days),
        Permission(
            "ActionsPermission",
            FunctionName=Ref(ACTIONS.title),
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=Sub(caller),
        ),
    ]


def action_routes(gateway: str) -> list[AWSObject]:
    """Return the two methods: showing changes nothing, sending the form does what the token says."""
    path = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
    uri = Sub(path + "${" + ACTIONS.title + ".Arn}/invocations")
    resource = Resource(
        "ApiActions", RestApiId=Ref(gateway), ParentId=GetAtt(gateway, "RootResourceId"), PathPart=_PATH
    )
    return [
        resource,
        *(
            Method(
                f"ApiActions{verb.title()}",
                RestApiId=Ref(gateway),
                ResourceId=Ref(resource),
                HttpMethod=verb,
                AuthorizationType="NONE",
                Integration=Integration(Type="AWS_PROXY", IntegrationHttpMethod="POST", Uri=uri),
            )
            for verb in ("GET", "POST")
        ),
    ]


def action_limits() -> list[MethodSetting]:
    """Return their own limits: whoever guesses gets tired first."""
    return [
        MethodSetting(
            HttpMethod=verb,
            # A slash within the path is written as ~1 (API Gateway's PatchOperation, a JSON pointer).
            ResourcePath=f"/~1{_PATH}",
            MetricsEnabled=True,
            LoggingLevel="ERROR",
            DataTraceEnabled=False,
            ThrottlingRateLimit=_REQUESTS_A_SECOND,
            ThrottlingBurstLimit=2 * _REQUESTS_A_SECOND,
        )
        for verb in ("GET", "POST")
    ]
