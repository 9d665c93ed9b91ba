"""Where an alert's reader goes on."""

from urllib.parse import quote

from contract.finding import Finding
from contract.names import partition_of

_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-cn": "console.amazonaws.cn",
}


def links_of(finding: Finding, dashboard: str) -> dict[str, str]:
    """Return label → address; without a dashboard only what the AWS console shows."""
    ours: dict[str, str] = {}
    if dashboard.startswith(("https://", "http://")):
        page = f"{dashboard.rstrip('/')}/findings?finding={quote(finding.id, safe='')}"
        ours = {"Open in Muster": page, "Suppress": f"{page}&action=suppress"}
    console = _console(finding)
    return {**ours, "Open in the AWS console": console} if console else ours


def _console(finding: Finding) -> str:
    """Return the event's page in CloudTrail (it keeps 90 days), else the resource's by the console's ARN redirect."""
    host = _CONSOLES[partition_of(finding.region)]
    if finding.event_id and finding.region:
        region, event = quote(finding.region, safe=""), quote(finding.event_id, safe="")
        return f"https://{region}.{host}/cloudtrailv2/home?region={region}#/events/{event}"
    if finding.resource.startswith("arn:"):
        return f"https://{host}/go/view?arn={quote(finding.resource, safe='')}"
    return ""
