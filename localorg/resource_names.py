"""What a call is about, as IAM names it, where MiniStack's own reading of the request is wrong or gives nothing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from ministack.services import dynamodb_streams

from localorg.organization import ORGANIZATION, PARTITION

# Calls about archives and replays, by their resource types (service authorization reference, "Amazon EventBridge").
_ARCHIVE_CALLS = {
    *("events:CreateArchive", "events:DeleteArchive", "events:DescribeArchive", "events:UpdateArchive"),
    *("events:CancelReplay", "events:DescribeReplay", "events:StartReplay"),
}
_RULE_CALL = re.compile(r"events:((Delete|Describe|Disable|Enable|Put)Rule|ListTargetsByRule|(Put|Remove)Targets)")
_DOCUMENT_CALL = re.compile(
    r"ssm:((Create|Delete|Describe|Get|Update)Document|UpdateDocumentDefaultVersion|SendCommand)"
)
_ADMINISTRATOR_CALL = re.compile(r"organizations:(Der|R)egisterDelegatedAdministrator")


@dataclass(frozen=True)
class Call:
    """A request: its service, IAM action, path, JSON body, and where it is made."""

    service: str
    action: str
    path: str
    document: Mapping[str, Any]
    region: str
    account: str

    def arn(self, service: str, name: str) -> str:
        """An ARN of the caller's account and Region."""
        return f"arn:{PARTITION}:{service}:{self.region}:{self.account}:{name}"


def named(call: Call) -> str:
    """The ARN of what the call is about; empty where MiniStack knows it."""
    return next((arn for name in NAMERS if (arn := name(call))), "")


def _rule(call: Call) -> str:
    """A rule of the default bus is named without it (service authorization reference, "Amazon EventBridge")."""
    if not _RULE_CALL.fullmatch(call.action):
        return ""
    bus = str(call.document.get("EventBusName") or "default").rpartition("/")[2]
    name = str(call.document.get("Rule") or call.document.get("Name"))
    return call.arn("events", f"rule/{name if bus == 'default' else f'{bus}/{name}'}")


def _archive(call: Call) -> str:
    """The archive that a call is about, of a replay the archive that it begins with, or else the replay."""
    if call.action not in _ARCHIVE_CALLS:
        return ""
    if name := call.document.get("ArchiveName"):
        return call.arn("events", f"archive/{name}")
    return str(call.document.get("EventSourceArn") or call.arn("events", f"replay/{call.document.get('ReplayName')}"))


def _stream(call: Call) -> str:
    """The stream that a call of DynamoDB Streams is about; GetRecords names it within its iterator."""
    if call.service != "dynamodbstreams":
        return ""
    iterator = dynamodb_streams._decode_iterator(str(call.document.get("ShardIterator", ""))) or {}
    return str(call.document.get("StreamArn") or iterator.get("arn", ""))


def _administrator(call: Call) -> str:
    """The account that becomes a delegated administrator, or is one no more."""
    account = call.document.get("AccountId")
    if not (account and _ADMINISTRATOR_CALL.fullmatch(call.action)):
        return ""
    return f"arn:{PARTITION}:organizations::{call.account}:account/{ORGANIZATION}/{account}"


def _sender(call: Call) -> str:
    """The address that an email of SES v2 comes from; its name is no part of the identity."""
    if not call.path.endswith("/v2/email/outbound-emails"):
        return ""
    address = parseaddr(str(call.document.get("FromEmailAddress") or ""))[1]
    return call.arn("ses", f"identity/{address}") if address else ""


def _document(call: Call) -> str:
    """The SSM document; Amazon's own belong to no account (service authorization reference, "Systems Manager")."""
    if not _DOCUMENT_CALL.fullmatch(call.action):
        return ""
    name = str(call.document.get("DocumentName") or call.document.get("Name"))
    if name.startswith("arn:"):
        return name
    owner = "" if name.startswith("AWS-") else call.account
    return f"arn:{PARTITION}:ssm:{call.region}:{owner}:document/{name}"


def _parameters(call: Call) -> str:
    """The path below which parameters are read, as the request writes it (IAM names it so in its refusals).

    Of several that are named it is the first: the others would have to be allowed too.
    """
    if call.action == "ssm:GetParametersByPath":
        return call.arn("ssm", f"parameter{call.document.get('Path', '/')}")
    if call.action == "ssm:GetParameters" and call.document.get("Names"):
        return call.arn("ssm", f"parameter/{str(call.document['Names'][0]).removeprefix('/')}")
    return ""


def _product(call: Call) -> str:
    """The product whose findings are imported."""
    given = call.document.get("Findings")
    if call.action != "securityhub:BatchImportFindings" or not given:
        return ""
    return str(given[0].get("ProductArn", ""))


def _hub(call: Call) -> str:
    """Security Hub itself, whose findings a call reads or changes."""
    is_about_findings = call.action in {"securityhub:BatchUpdateFindings", "securityhub:GetFindings"}
    return call.arn("securityhub", "hub/default") if is_about_findings else ""


NAMERS: tuple[Callable[[Call], str], ...] = (
    *(_rule, _archive, _stream, _administrator),
    *(_sender, _document, _parameters, _product, _hub),
)
