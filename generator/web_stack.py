"""The template of what stands before the dashboard: CloudFront and its firewall, in the one Region that it reads."""

from typing import Any

from troposphere import AWSObject, GetAtt, Output, Parameter, Ref, Sub, Template
from troposphere.cloudfront import (
    ContentSecurityPolicy,
    ContentTypeOptions,
    CustomOriginConfig,
    DefaultCacheBehavior,
    Distribution,
    DistributionConfig,
    FrameOptions,
    Origin,
    OriginCustomHeader,
    ReferrerPolicy,
    ResponseHeadersPolicy,
    ResponseHeadersPolicyConfig,
    SecurityHeadersConfig,
    StrictTransportSecurity,
    ViewerCertificate,
    VpcOriginConfig,
)
from troposphere.logs import Delivery, DeliveryDestination, DeliverySource
from troposphere.s3 import Bucket

from generator.config import Config
from generator.dashboard_stack import ORIGIN, ORIGIN_DOMAIN
from generator.parts.bucket import bucket_policy, expiring, private_bucket
from generator.parts.firewall import LONG_ADDRESSES, firewall
from generator.settings.web import Cdn

ADDRESS = "DistributionDomainName"
ORIGIN_HEADER = "x-muster-origin"
# Policies of AWS's own, the same in every account (CloudFront guide, "Use managed cache policies", "… origin request
# policies"): Streamlit's pages are one WebSocket, which needs every header of the browser, and nothing to keep.
_CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
_ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
_METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
_YEAR = 31_536_000  # seconds
_LOGS, _LOGS_KEPT = "WebLogs", 400  # days
# Streamlit runs inline scripts and styles; what it does without is forbidden.
_CONTENT = "base-uri 'self'; form-action 'self'; frame-ancestors 'self'; object-src 'none'"


def web_stack(config: Config) -> Template:
    """Return the template of the web part, for the hub account and the Region of CloudFront; `web.cdn` must be set."""
    cdn = config.web.cdn
    assert cdn is not None
    template = Template(Description="Muster's web part: CloudFront and its firewall before the dashboard")
    if config.web.hosting:
        # Of the hosted dashboard's stack, which is in another Region.
        template.add_parameter([Parameter(ORIGIN, Type="String"), Parameter(ORIGIN_DOMAIN, Type="String")])
    name = config.names.web_stack
    # The dashboard keeps its filters in the address, and an identity provider its answer.
    wall = firewall("Firewall", name, "CLOUDFRONT", LONG_ADDRESSES)
    template.add_resource(
        [wall, _headers(name), _distribution(cdn, is_hosted=config.web.hosting is not None), *_logs(name)]
    )
    template.add_output(
        [
            Output(ADDRESS, Value=GetAtt("Distribution", "DomainName")),
            Output("DistributionId", Value=Ref("Distribution")),
        ]
    )
    return template


def _distribution(cdn: Cdn, *, is_hosted: bool) -> Distribution:
    behaviour = DefaultCacheBehavior(
        TargetOriginId="dashboard",
        ViewerProtocolPolicy="redirect-to-https",
        AllowedMethods=_METHODS,
        CachePolicyId=_CACHING_DISABLED,
        OriginRequestPolicyId=_ALL_VIEWER,
        ResponseHeadersPolicyId=Ref("Headers"),
        Compress=True,
    )
    certificate = ViewerCertificate(
        AcmCertificateArn=cdn.certificate, MinimumProtocolVersion="TLSv1.2_2021", SslSupportMethod="sni-only"
    )
    config = DistributionConfig(
        Comment="Muster's dashboard",
        Enabled=True,
        Aliases=list(cdn.domains),
        ViewerCertificate=certificate,
        # Browsers open WebSockets by HTTP/1.1 beside it.
        HttpVersion="http2and3",
        IPV6Enabled=True,
        PriceClass="PriceClass_All",
        Origins=[_origin(cdn, is_hosted=is_hosted)],
        DefaultCacheBehavior=behaviour,
        WebACLId=GetAtt("Firewall", "Arn"),
    )
    return Distribution("Distribution", DistributionConfig=config)


def _origin(cdn: Cdn, *, is_hosted: bool) -> Origin:
    if is_hosted:
        inside = VpcOriginConfig(VpcOriginId=Ref(ORIGIN), OriginReadTimeout=60)
        return Origin(Id="dashboard", DomainName=Ref(ORIGIN_DOMAIN), VpcOriginConfig=inside)
    secret = [OriginCustomHeader(HeaderName=ORIGIN_HEADER, HeaderValue=_resolved(cdn.origin_secret))]
    return Origin(
        Id="dashboard",
        DomainName=cdn.origin,
        CustomOriginConfig=CustomOriginConfig(
            HTTPSPort=443, OriginProtocolPolicy="https-only", OriginSSLProtocols=["TLSv1.2"], OriginReadTimeout=60
        ),
        **({"OriginCustomHeaders": secret} if cdn.origin_secret else {}),
    )


def _resolved(secret: str) -> str:
    """CloudFormation fills it in: the text stands in no template and in no setting."""
    return f"{{{{resolve:secretsmanager:{secret}:SecretString}}}}"


def _headers(name: str) -> ResponseHeadersPolicy:
    """What browsers are told, also where the dashboard says something else."""
    headers = SecurityHeadersConfig(
        ContentSecurityPolicy=ContentSecurityPolicy(ContentSecurityPolicy=_CONTENT, Override=True),
        ContentTypeOptions=ContentTypeOptions(Override=True),
        FrameOptions=FrameOptions(FrameOption="SAMEORIGIN", Override=True),
        ReferrerPolicy=ReferrerPolicy(ReferrerPolicy="same-origin", Override=True),
        StrictTransportSecurity=StrictTransportSecurity(
            AccessControlMaxAgeSec=_YEAR, IncludeSubdomains=False, Override=True
        ),
    )
    return ResponseHeadersPolicy(
        "Headers", ResponseHeadersPolicyConfig=ResponseHeadersPolicyConfig(Name=name, SecurityHeadersConfig=headers)
    )


def _logs(name: str) -> list[AWSObject]:
    """Return where access logs go, a bucket of their own, and what brings them there.

    By CloudWatch's deliveries ("standard logging (v2)"), because CloudFront's older logging needs a bucket with access
    control lists.
    """
    bucket = _bucket()
    policy = bucket_policy(bucket, [_delivered(name)])
    source = DeliverySource(
        "LogSource",
        Name=name,
        LogType="ACCESS_LOGS",
        ResourceArn=Sub("arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"),
    )
    place = DeliveryDestination(
        "LogPlace",
        Name=name,
        DestinationResourceArn=GetAtt(bucket, "Arn"),
        OutputFormat="json",
        DependsOn=policy.title,
    )
    delivery = Delivery("LogDelivery", DeliverySourceName=Ref(source), DeliveryDestinationArn=GetAtt(place, "Arn"))
    return [bucket, policy, source, place, delivery]


def _bucket() -> Bucket:
    return private_bucket(_LOGS, expiring("AccessLogs", _LOGS_KEPT))


def _delivered(name: str) -> dict[str, Any]:
    """Let CloudWatch's delivery write (its guide, "Logs sent to Amazon S3", permissions V2), for this source only."""
    return {
        "Sid": "AccessLogs",
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": Sub(f"${{{_LOGS}.Arn}}/AWSLogs/${{AWS::AccountId}}/*"),
        "Condition": {
            "StringEquals": {"aws:SourceAccount": Ref("AWS::AccountId"), "s3:x-amz-acl": "bucket-owner-full-control"},
            "ArnLike": {
                "aws:SourceArn": Sub(
                    f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:delivery-source:{name}"
                )
            },
        },
    }
