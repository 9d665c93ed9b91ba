"""The template of the hosted dashboard: tasks on Fargate behind a load balancer that CloudFront alone reaches."""

import json
import re
from typing import Any

from troposphere import AWSObject, GetAtt, Output, Ref, Sub, Template
from troposphere.cloudfront import VpcOrigin, VpcOriginEndpointConfig
from troposphere.cloudwatch import Alarm, MetricDimension
from troposphere.ec2 import SecurityGroup, SecurityGroupEgress, SecurityGroupRule
from troposphere.ecs import (
    AwsvpcConfiguration,
    Cluster,
    ContainerDefinition,
    DeploymentCircuitBreaker,
    DeploymentConfiguration,
    Environment,
    HealthCheck,
    KernelCapabilities,
    LinuxParameters,
    LoadBalancer,
    LogConfiguration,
    MountPoint,
    NetworkConfiguration,
    PortMapping,
    RuntimePlatform,
    Secret,
    Service,
    TaskDefinition,
    Volume,
)
from troposphere.elasticloadbalancingv2 import (
    Action,
    Certificate,
    Listener,
    LoadBalancerAttributes,
    Matcher,
    TargetGroup,
    TargetGroupAttribute,
)
from troposphere.elasticloadbalancingv2 import LoadBalancer as Balancer
from troposphere.iam import Role
from troposphere.logs import LogGroup

from generator import iam
from generator.config import Config
from generator.dashboard_environment import dashboard_environment, written_sign_in
from generator.parts.dashboard_roles import hosted_role
from generator.parts.function import policies, regional_name, trusted
from generator.parts.topics import ALERTS, topic_arn
from generator.settings.hosting import Hosting
from generator.settings.sign_in import SignIn

ORIGIN, ORIGIN_DOMAIN = "VpcOriginId", "LoadBalancerDomain"
PORT, _HTTPS = 8501, 443
_HEALTH = "/_stcore/health"
# Fargate's sizes (ECS guide, "Task CPU and memory"): Streamlit keeps every open page in memory.
_CPU, _MEMORY = "512", "1024"
# Streamlit's WebSocket is quiet while nobody clicks; seconds.
_IDLE = "600"
_ECR = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<name>[^:@]+)[:@]")
# Nobody in particular: the image makes no user of the name, and owns nothing.
USER = "10001:10001"


def dashboard_stack(config: Config) -> Template:
    """Return the template, for the hub account and home Region; `web.hosting` and `web.sign_in` must be set."""
    hosting, sign_in = config.web.hosting, config.web.sign_in
    assert hosting is not None
    assert sign_in is not None
    template = Template(Description="Muster's dashboard on Fargate, behind CloudFront")
    template.add_resource(
        [
            *_logs_and_start(config, hosting, sign_in),
            *_groups(hosting),
            *_balancer(config, hosting),
            *_service(config, hosting, sign_in),
            _origin(config),
            _down(config),
        ]
    )
    template.add_output(
        [Output(ORIGIN, Value=GetAtt("Origin", "Id")), Output(ORIGIN_DOMAIN, Value=GetAtt("Balancer", "DNSName"))]
    )
    return template


def _logs_and_start(config: Config, hosting: Hosting, sign_in: SignIn) -> list[AWSObject]:
    """Return the log group, and the role under which ECS fetches image and secret before the dashboard runs."""
    name = config.names.function("dashboard")
    logs = LogGroup(
        "Logs", LogGroupName=config.names.log_group(name), RetentionInDays=config.findings.log_retention_days
    )
    role = Role(
        "StartRole",
        RoleName=regional_name(config.names.function("dashboard-start")),
        AssumeRolePolicyDocument=trusted("ecs-tasks"),
        Policies=policies(
            [
                iam.write_logs(GetAtt(logs, "Arn")),
                iam.read_secrets([sign_in.client_secret]),
                *_pulling(hosting.image),
            ]
        ),
    )
    return [logs, role]


def _pulling(image: str) -> list[iam.Statement]:
    """Return what fetches an image of Amazon's registry; one of elsewhere must be public."""
    if not (found := _ECR.match(image)):
        return []
    repository = "arn:${AWS::Partition}:ecr:%s:%s:repository/%s"
    return iam.pull_image(Sub(repository % (found["region"], found["account"], found["name"])))


def _groups(hosting: Hosting) -> list[AWSObject]:
    """CloudFront reaches the load balancer, that reaches the tasks, and they reach AWS and the identity provider."""
    inward = SecurityGroupRule(
        IpProtocol="tcp",
        FromPort=_HTTPS,
        ToPort=_HTTPS,
        SourcePrefixListId=hosting.prefix_list,
        Description="CloudFront",
    )
    balancer = SecurityGroup(
        "BalancerGroup",
        GroupDescription="Load balancer of the dashboard of Muster",
        VpcId=hosting.vpc,
        SecurityGroupIngress=[inward],
    )
    tasks = SecurityGroup(
        "TasksGroup",
        GroupDescription="Tasks of the dashboard of Muster",
        VpcId=hosting.vpc,
        SecurityGroupIngress=[
            SecurityGroupRule(
                IpProtocol="tcp",
                FromPort=PORT,
                ToPort=PORT,
                SourceSecurityGroupId=GetAtt(balancer, "GroupId"),
                Description="load balancer",
            )
        ],
        SecurityGroupEgress=[
            SecurityGroupRule(
                IpProtocol="tcp",
                FromPort=_HTTPS,
                ToPort=_HTTPS,
                CidrIp="0.0.0.0/0",
                Description="services of AWS, and the identity provider",
            )
        ],
    )
    onward = SecurityGroupEgress(
        "BalancerToTasks",
        GroupId=GetAtt(balancer, "GroupId"),
        IpProtocol="tcp",
        FromPort=PORT,
        ToPort=PORT,
        DestinationSecurityGroupId=GetAtt(tasks, "GroupId"),
        Description="tasks",
    )
    return [balancer, tasks, onward]


def _balancer(config: Config, hosting: Hosting) -> list[AWSObject]:
    balancer = Balancer(
        "Balancer",
        Name=config.names.function("dashboard"),
        Scheme="internal",
        Type="application",
        Subnets=list(hosting.subnets),
        SecurityGroups=[GetAtt("BalancerGroup", "GroupId")],
        LoadBalancerAttributes=[
            LoadBalancerAttributes(Key="idle_timeout.timeout_seconds", Value=_IDLE),
            LoadBalancerAttributes(Key="routing.http.drop_invalid_header_fields.enabled", Value="true"),
        ],
    )
    targets = TargetGroup(
        "Targets",
        VpcId=hosting.vpc,
        TargetType="ip",
        Protocol="HTTP",
        Port=PORT,
        HealthCheckPath=_HEALTH,
        HealthCheckIntervalSeconds=15,
        Matcher=Matcher(HttpCode="200"),
        TargetGroupAttributes=[
            # A page's session lives in one task.
            TargetGroupAttribute(Key="stickiness.enabled", Value="true"),
            TargetGroupAttribute(Key="stickiness.type", Value="lb_cookie"),
            TargetGroupAttribute(Key="deregistration_delay.timeout_seconds", Value="30"),
        ],
    )
    listener = Listener(
        "Https",
        LoadBalancerArn=Ref(balancer),
        Protocol="HTTPS",
        Port=_HTTPS,
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[Certificate(CertificateArn=hosting.certificate)],
        DefaultActions=[Action(Type="forward", TargetGroupArn=Ref(targets))],
    )
    return [balancer, targets, listener]


def _service(config: Config, hosting: Hosting, sign_in: SignIn) -> list[AWSObject]:
    name = config.names.function("dashboard")
    cluster = Cluster("Cluster", ClusterName=name)
    task = TaskDefinition(
        "Task",
        Family=name,
        RequiresCompatibilities=["FARGATE"],
        NetworkMode="awsvpc",
        Cpu=_CPU,
        Memory=_MEMORY,
        RuntimePlatform=RuntimePlatform(CpuArchitecture="X86_64", OperatingSystemFamily="LINUX"),
        TaskRoleArn=Sub(
            "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/"
            f"{config.names.function(hosted_role(config))}-${{AWS::Region}}"
        ),
        ExecutionRoleArn=GetAtt("StartRole", "Arn"),
        Volumes=[Volume(Name="scratch")],
        ContainerDefinitions=[_container(config, hosting, sign_in)],
    )
    service = Service(
        "Service",
        ServiceName=name,
        Cluster=Ref(cluster),
        TaskDefinition=Ref(task),
        LaunchType="FARGATE",
        DesiredCount=hosting.tasks,
        EnableExecuteCommand=False,
        HealthCheckGracePeriodSeconds=60,
        DeploymentConfiguration=DeploymentConfiguration(
            MinimumHealthyPercent=100,
            MaximumPercent=200,
            DeploymentCircuitBreaker=DeploymentCircuitBreaker(Enable=True, Rollback=True),
        ),
        NetworkConfiguration=NetworkConfiguration(
            AwsvpcConfiguration=AwsvpcConfiguration(
                AssignPublicIp="DISABLED",
                SecurityGroups=[GetAtt("TasksGroup", "GroupId")],
                Subnets=list(hosting.subnets),
            )
        ),
        LoadBalancers=[LoadBalancer(ContainerName=name, ContainerPort=PORT, TargetGroupArn=Ref("Targets"))],
        DependsOn="Https",
    )
    return [cluster, task, service]


def _container(config: Config, hosting: Hosting, sign_in: SignIn) -> ContainerDefinition:
    environment = {**dashboard_environment(config), "SIGN_IN": json.dumps(written_sign_in(sign_in))}
    asking = f"import urllib.request as r; r.urlopen('http://127.0.0.1:{PORT}{_HEALTH}', timeout=3)"
    return ContainerDefinition(
        Name=config.names.function("dashboard"),
        Image=hosting.image,
        Essential=True,
        User=USER,
        ReadonlyRootFilesystem=True,
        Privileged=False,
        LinuxParameters=LinuxParameters(InitProcessEnabled=True, Capabilities=KernelCapabilities(Drop=["ALL"])),
        MountPoints=[MountPoint(SourceVolume="scratch", ContainerPath="/tmp", ReadOnly=False)],  # noqa: S108 - its own
        PortMappings=[PortMapping(ContainerPort=PORT, Protocol="tcp")],
        Command=["--address", "0.0.0.0", "--port", str(PORT)],  # noqa: S104 - its group lets the load balancer in only
        Environment=[Environment(Name=name, Value=value) for name, value in sorted(environment.items())],
        Secrets=[Secret(Name="SIGN_IN_CLIENT_SECRET", ValueFrom=sign_in.client_secret)],
        HealthCheck=HealthCheck(
            Command=["CMD", "python", "-c", asking], Interval=30, Timeout=5, Retries=3, StartPeriod=60
        ),
        LogConfiguration=LogConfiguration(LogDriver="awslogs", Options=_log_options()),
    )


def _log_options() -> dict[str, Any]:
    return {
        "awslogs-group": Ref("Logs"),
        "awslogs-region": Ref("AWS::Region"),
        "awslogs-stream-prefix": "task",
    }


def _origin(config: Config) -> VpcOrigin:
    """CloudFront's way to the load balancer, which has no address of its own on the Internet."""
    endpoint = VpcOriginEndpointConfig(
        Name=config.names.function("dashboard"),
        Arn=Ref("Balancer"),
        HTTPSPort=_HTTPS,
        OriginProtocolPolicy="https-only",
        OriginSSLProtocols=["TLSv1.2"],
    )
    return VpcOrigin("Origin", VpcOriginEndpointConfig=endpoint, DependsOn="Https")


def _down(config: Config) -> Alarm:
    dimensions = [
        MetricDimension(Name="LoadBalancer", Value=GetAtt("Balancer", "LoadBalancerFullName")),
        MetricDimension(Name="TargetGroup", Value=GetAtt("Targets", "TargetGroupFullName")),
    ]
    return Alarm(
        "Down",
        AlarmDescription="nobody can open the dashboard: none of its tasks is healthy; its log group says why",
        Namespace="AWS/ApplicationELB",
        MetricName="HealthyHostCount",
        Dimensions=dimensions,
        Statistic="Maximum",
        Period=300,
        EvaluationPeriods=2,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
        AlarmActions=[topic_arn(config, ALERTS)],
    )
