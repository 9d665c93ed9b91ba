"""The API: API Gateway before the function, and a firewall before that."""

import hashlib
import json

from troposphere import AWSObject, GetAtt, Ref, Sub
from troposphere.apigateway import (
    AccessLogSetting,
    Account,
    ApiStage,
    Deployment,
    EndpointConfiguration,
    GatewayResponse,
    Integration,
    Method,
    MethodSetting,
    QuotaSettings,
    Resource,
    RestApi,
    Stage,
    ThrottleSettings,
    UsagePlan,
)
from troposphere.awslambda import Permission
from troposphere.iam import Role
from troposphere.logs import LogGroup
from troposphere.wafv2 import WebACLAssociation

from generator import iam
from generator.config import Config
from generator.functions import API
from generator.parts.acting import action_keys, action_limits, action_routes, actions
from generator.parts.firewall import LONG_ADDRESSES, firewall
from generator.parts.function import Site, function, regional_name, trusted
from hub.api.answers import HEADERS, PROBLEM

GATEWAY, STAGE = "ApiGateway", "v1"
# Of one key. API Gateway applies a plan to keys only, where methods ask for them (its guide, "Usage plans and API keys
# for REST APIs"); these do not, so that it is the stage that throttles.
_REQUESTS_A_DAY = 50_000
_LOGGED = ("requestId", "identity.userArn", "identity.sourceIp", "httpMethod", "path", "status", "responseLatency")


def api(site: Site) -> list[AWSObject]:
    """Return the API with its stage, firewall, usage plan and logs. Without the cache that API Gateway sells."""
    config = site.config
    rest = RestApi(
        GATEWAY,
        Name=config.names.function("api"),
        Description="Muster's findings, and what people decide about them",
        EndpointConfiguration=EndpointConfiguration(Types=["REGIONAL"]),
    )
    made = [rest, *_routes(), *(action_routes(GATEWAY) if config.web.action_links else []), *_refusals()]
    described = json.dumps([one.to_dict() for one in made], sort_keys=True, default=lambda one: one.to_dict())
    # A stage shows what its deployment copied: what changes needs a new one, which only a new name makes.
    deployment = Deployment(
        f"ApiDeployment{hashlib.sha256(described.encode()).hexdigest()[:8]}",
        RestApiId=Ref(rest),
        DependsOn=[one.title for one in made[1:]],
    )
    acting = [*action_keys(config), *actions(site)] if config.web.action_links else []
    return [*_function(site), *acting, *made, deployment, *_stage(config, deployment), *_firewall(config)]


def _function(site: Site) -> list[AWSObject]:
    statements = [
        iam.use_items(GetAtt("FindingsTable", "Arn"), "BatchGetItem", "GetItem", "PutItem"),
        *(iam.query_index("FindingsTable", one) for one in ("AccountTimestampIndex", "ControlTimestampIndex")),
        *(iam.query_index("FindingsTable", one) for one in ("ResourceIndex", "SeverityTimestampIndex")),
        iam.use_items(GetAtt("StateTable", "Arn"), "GetItem", "Query"),
        iam.use_key(GetAtt("DataKey", "Arn"), "dynamodb"),
    ]
    caller = Sub("arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${ApiGateway}/" + STAGE + "/*")
    return [
        *function(API, site, statements, site.config.findings.log_retention_days),
        Permission(
            "ApiPermission",
            FunctionName=Ref(API.title),
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=caller,
        ),
    ]


def _routes() -> list[AWSObject]:
    """Everything goes to the function, which knows its routes; who may call what is IAM's by method and path."""
    path = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
    uri = Sub(path + "${" + API.title + ".Arn}/invocations")
    everything = Resource(
        "ApiPaths", RestApiId=Ref(GATEWAY), ParentId=GetAtt(GATEWAY, "RootResourceId"), PathPart="{proxy+}"
    )
    method = Method(
        "ApiMethod",
        RestApiId=Ref(GATEWAY),
        ResourceId=Ref(everything),
        HttpMethod="ANY",
        AuthorizationType="AWS_IAM",
        Integration=Integration(Type="AWS_PROXY", IntegrationHttpMethod="POST", Uri=uri),
    )
    return [everything, method]


def _refusals() -> list[GatewayResponse]:
    """What API Gateway refuses by itself looks like what the function refuses."""
    headers = {f"gatewayresponse.header.{name}": f"'{_quoted(value)}'" for name, value in HEADERS.items()}
    # The status has no variable here, and the message's brings its own quotes.
    text = '{"type": "about:blank", "title": "$context.error.responseType", "detail": $context.error.messageString}'
    return [
        GatewayResponse(
            f"Api{kind.title().replace('_', '')}",
            RestApiId=Ref(GATEWAY),
            ResponseType=kind,
            ResponseParameters={**headers, "gatewayresponse.header.Content-Type": f"'{PROBLEM}'"},
            ResponseTemplates={"application/json": text},
        )
        for kind in ("DEFAULT_4XX", "DEFAULT_5XX")
    ]


def _quoted(value: str) -> str:
    return value.replace("'", "\\'")


def _stage(config: Config, deployment: Deployment) -> list[AWSObject]:
    logs = LogGroup(
        "ApiAccessLogs",
        LogGroupName=config.names.log_group(f"{config.names.function('api')}-access"),
        RetentionInDays=config.findings.log_retention_days,
    )
    role = Role(
        "ApiLogRole",
        RoleName=regional_name(f"{config.aws.prefix}-api-logs"),
        AssumeRolePolicyDocument=trusted("apigateway"),
        ManagedPolicyArns=[
            Sub("arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs")
        ],
    )
    account = Account("ApiAccount", CloudWatchRoleArn=GetAtt(role, "Arn"))
    sets_role = config.api.sets_log_role
    rate = config.api.requests_per_second
    stage = Stage(
        "ApiStage",
        RestApiId=Ref(GATEWAY),
        DeploymentId=Ref(deployment),
        StageName=STAGE,
        TracingEnabled=config.spoke.tracing,
        AccessLogSetting=AccessLogSetting(DestinationArn=GetAtt(logs, "Arn"), Format=_log_line()),
        MethodSettings=[
            MethodSetting(
                HttpMethod="*",
                ResourcePath="/*",
                MetricsEnabled=True,
                LoggingLevel="ERROR",
                DataTraceEnabled=False,
                ThrottlingRateLimit=rate,
                ThrottlingBurstLimit=rate,
            ),
            *(action_limits() if config.web.action_links else []),
        ],
        **({"DependsOn": [account.title]} if sets_role else {}),
    )
    plan = UsagePlan(
        "ApiUsagePlan",
        UsagePlanName=config.names.function("api"),
        ApiStages=[ApiStage(ApiId=Ref(GATEWAY), Stage=Ref(stage))],
        Quota=QuotaSettings(Limit=_REQUESTS_A_DAY, Period="DAY"),
        Throttle=ThrottleSettings(RateLimit=rate, BurstLimit=rate),
    )
    return [logs, *([role, account] if sets_role else []), stage, plan]


def _log_line() -> str:
    return json.dumps({name.rpartition(".")[2]: f"$context.{name}" for name in _LOGGED})


def _firewall(config: Config) -> list[AWSObject]:
    # A cursor knows where each of 80 buckets stands, and a resource's ARN may be as long as the rule allows in all.
    acl = firewall("ApiFirewall", config.names.function("api"), "REGIONAL", LONG_ADDRESSES)
    stage = Sub("arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${ApiGateway}/stages/${ApiStage}")
    return [acl, WebACLAssociation("ApiFirewallAssociation", ResourceArn=stage, WebACLArn=GetAtt(acl, "Arn"))]
