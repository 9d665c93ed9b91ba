"""Addresses that alerts and pages share: of a finding's page, and of the AWS console in every partition."""

from urllib.parse import quote

from contract.names import partition_of

_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-cn": "console.amazonaws.cn",
}


def finding_address(finding: str) -> str:
    """Return the page of one finding, relative to the dashboard."""
    return f"findings?finding={quote(finding, safe='')}"


def resource_address(arn: str, region: str) -> str:
    """Return where the AWS console shows a resource (its `go/view` redirect); empty when the text is no ARN."""
    return f"https://{_host(region)}/go/view?arn={quote(arn, safe='')}" if _is_arn(arn) else ""


def event_address(event: str, region: str) -> str:
    """Return where the CloudTrail console shows an event (it keeps 90 days); empty when either is unknown."""
    if not (event and region):
        return ""
    place = quote(region, safe="")
    return f"https://{place}.{_host(region)}/cloudtrailv2/home?region={place}#/events/{quote(event, safe='')}"


def _host(region: str) -> str:
    return _CONSOLES[partition_of(region)]


def _is_arn(text: str) -> bool:
    return text.startswith("arn:") and text.count(":") >= 5
