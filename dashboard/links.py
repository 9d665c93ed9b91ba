"""Addresses: of the dashboard's own pages, of the AWS console in every partition, of ATT&CK."""

from urllib.parse import quote, urlencode

from dashboard.filters import Filters, parameters

_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-cn": "console.amazonaws.cn",
}


def findings_address(filters: Filters) -> str:
    """Return the Findings page with filters set, relative to any page of the dashboard."""
    query = urlencode(parameters(filters), doseq=True)
    return f"findings?{query}" if query else "findings"


def finding_address(finding: str) -> str:
    """Return the page of one finding."""
    return f"findings?finding={quote(finding, safe='')}"


def console_address(arn: str) -> str:
    """Return where the AWS console shows a resource (its `go/view` redirect); empty when the text is no ARN."""
    host = _host(arn)
    return f"https://{host}/go/view?arn={quote(arn, safe='')}" if host else ""


def event_address(arn: str, region: str, event: str) -> str:
    """Return where the CloudTrail console shows an event (90 days back); `arn` only tells the partition."""
    host = _host(arn)
    if not (host and region and event):
        return ""
    return f"https://{region}.{host}/cloudtrailv2/home?region={quote(region)}#/events/{quote(event, safe='')}"


def attack_address(technique: str) -> str:
    """Return the ATT&CK page of a technique: `T1078.004` is a sub-technique of `T1078`."""
    return f"https://attack.mitre.org/techniques/{quote(technique.replace('.', '/'))}/"


def _host(arn: str) -> str:
    parts = arn.split(":", 5)
    return _CONSOLES.get(parts[1], "") if len(parts) == 6 and parts[0] == "arn" else ""
