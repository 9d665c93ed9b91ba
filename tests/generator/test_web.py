"""What stands before the dashboard: HTTPS only, a firewall, nothing kept, and settings that CloudFront would take."""

import json
from pathlib import Path
from typing import Any

import pytest

from generator.config import Config, parsed
from generator.config_problems import ConfigError
from generator.generate import templates
from generator.snapshots import blank_artefacts, rendered, sample
from tests.generator.variants import SECRET, cdn, variant

CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
ELSEWHERE = CERTIFICATE.replace("us-east-1", "eu-central-1")
STRANGERS = CERTIFICATE.replace("111122223333", "444455556666")


def web(**values: Any) -> dict[str, Any]:
    found: dict[str, Any] = rendered(variant(web=cdn(**values)))["web"]
    return found


def distribution(**values: Any) -> dict[str, Any]:
    found: dict[str, Any] = web(**values)["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    return found


def test_without_the_table_there_is_no_template() -> None:
    assert "web" not in templates(sample(), blank_artefacts())


def test_browsers_and_cloudfront_speak_tls_only() -> None:
    found = distribution()
    assert found["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert "CacheBehaviors" not in found
    assert found["ViewerCertificate"] == {
        "AcmCertificateArn": CERTIFICATE,
        "MinimumProtocolVersion": "TLSv1.2_2021",
        "SslSupportMethod": "sni-only",
    }
    (origin,) = found["Origins"]
    assert origin["DomainName"] == "dashboard.example.com"
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"


def test_websockets_get_every_header_and_nothing_is_kept() -> None:
    behaviour = distribution()["DefaultCacheBehavior"]
    assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert behaviour["OriginRequestPolicyId"] == "216adef6-5c7f-47e4-b989-5492eafa07d3"
    assert {"GET", "POST", "PUT", "DELETE", "OPTIONS"} <= {*behaviour["AllowedMethods"]}


def test_the_firewall_is_cloudfronts_own_and_counts_long_addresses_only() -> None:
    resources = web()["Resources"]
    assert distribution()["WebACLId"] == {"Fn::GetAtt": ["Firewall", "Arn"]}
    firewall = resources["Firewall"]["Properties"]
    assert firewall["Scope"] == "CLOUDFRONT"
    common, bad, rate = firewall["Rules"]
    statement = common["Statement"]["ManagedRuleGroupStatement"]
    assert [one["Name"] for one in statement["RuleActionOverrides"]] == ["SizeRestrictions_QUERYSTRING"]
    assert "RuleActionOverrides" not in bad["Statement"]["ManagedRuleGroupStatement"]
    assert (rate["Statement"]["RateBasedStatement"]["Limit"], rate["Action"]) == (2_000, {"Block": {}})


def test_browsers_are_told_what_to_refuse() -> None:
    policy = web()["Resources"]["Headers"]["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert policy["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000
    assert policy["FrameOptions"]["FrameOption"] == "SAMEORIGIN"
    assert "object-src 'none'" in policy["ContentSecurityPolicy"]["ContentSecurityPolicy"]


def test_only_its_own_delivery_writes_access_logs() -> None:
    resources = web()["Resources"]
    kept = resources["WebLogs"]
    assert (kept["DeletionPolicy"], kept["UpdateReplacePolicy"]) == ("Retain", "Retain")
    writes, encrypted = resources["WebLogsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert writes["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
    assert writes["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"].endswith(":delivery-source:muster-web")
    assert resources["LogSource"]["Properties"]["Name"] == "muster-web"
    assert encrypted["Effect"] == "Deny"


def test_the_origins_secret_stands_in_no_template() -> None:
    (origin,) = distribution(origin_secret=SECRET)["Origins"]
    (header,) = origin["OriginCustomHeaders"]
    assert header == {
        "HeaderName": "x-muster-origin",
        "HeaderValue": f"{{{{resolve:secretsmanager:{SECRET}:SecretString}}}}",
    }
    assert "OriginCustomHeaders" not in distribution()["Origins"][0]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"certificate": ELSEWHERE}, "web.cdn.certificate: it is in eu-central-1; CloudFront needs it in us-east-1"),
        ({"certificate": STRANGERS}, "web.cdn.certificate: it is of account 444455556666"),
        ({"certificate": "muster"}, "write the ARN of a certificate"),
        ({"origin_secret": SECRET.replace("us-east-1", "eu-west-1")}, "web.cdn.origin_secret: it is in eu-west-1"),
        ({"origin": "muster.example.com"}, "CloudFront would ask itself"),
        ({"origin": "https://dashboard.example.com"}, "write a domain name in lower case"),
        ({"domains": ["*.example.com"]}, "write a domain name in lower case"),
        ({"domains": []}, "web.cdn.domains"),
    ],
)
def test_what_cloudfront_would_refuse_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        config(**settings)
    assert said in str(error.value)


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1"])
def test_partitions_without_it_say_so(region: str) -> None:
    with pytest.raises(ConfigError, match=r"web\.cdn: CloudFront is not offered in aws-.* remove \[web\.cdn\]"):
        config(region)


@pytest.mark.parametrize(
    ("address", "is_right"),
    [
        ("", True),
        ("https://muster.example.com", True),
        ("https://muster.example.com/findings", True),
        ("http://muster.example.com", False),
        ("https://dashboard.example.com", False),
    ],
)
def test_links_in_messages_lead_through_cloudfront(address: str, is_right: bool) -> None:
    if is_right:
        assert config(dashboard_url=address).web.dashboard_url == address
        return
    with pytest.raises(ConfigError, match=r"it leads past CloudFront; write https://muster\.example\.com"):
        config(dashboard_url=address)


def config(home_region: str = "eu-central-1", dashboard_url: str = "", **values: Any) -> Config:
    """Return the settings that a text with `[web.cdn]` makes."""
    found = {"domains": ["muster.example.com"], "certificate": CERTIFICATE, "origin": "dashboard.example.com", **values}
    lines = [
        *('[organization]\nid = "o-exampleorg1"\nroot = "r-exam"', "[aws]", 'hub_account = "111122223333"'),
        *(f'home_region = "{home_region}"', "[web]", f'dashboard_url = "{dashboard_url}"', "[web.cdn]"),
        *(f"{name} = {json.dumps(value)}" for name, value in found.items()),
    ]
    return parsed("\n".join(lines), Path("muster.toml"))
