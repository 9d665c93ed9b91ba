"""Writes what people decided here to Security Hub."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from contract import ocsf
from contract.finding import Finding, Workflow
from hub.store.decisions import user_defined

logger = Logger(service="workflow")

# BatchUpdateFindings takes a hundred findings.
_FINDINGS = 100
# NoteUpdate: a text has at most 512 characters; a user-defined value 1,024 (API reference).
_LONGEST_NOTE = 512
# Security Hub forgets findings; what people decided about one that is gone concerns nobody there.
_MALFORMED = {"InvalidInputException", "ValidationException"}
_GONE = {"FindingNotFound", "ResourceNotFoundException"}
# OCSF, "status_id" of a finding.
_STATUS = {Workflow.NEW: 1, Workflow.NOTIFIED: 2, Workflow.SUPPRESSED: 3, Workflow.RESOLVED: 4}


class WriteBack:
    """Security Hub in the hub's account and Region, which passes on what is changed to the finding's own."""

    def __init__(self, client: Any) -> None:
        """Take its client."""
        self._client = client

    def write(self, findings: Iterable[Finding]) -> set[str]:
        """Write the decisions as they stand and return the ids of the findings that Security Hub did not take.

        What is decided alike is written in one call; one that is refused fails its findings and no others. A throttled
        call raises: the queue brings all of it again.
        """
        alike: dict[bytes, list[Finding]] = {}
        for one in findings:
            alike.setdefault(msgspec.json.encode(_said(one), order="deterministic"), []).append(one)
        groups = (
            each[start : start + _FINDINGS] for each in alike.values() for start in range(0, len(each), _FINDINGS)
        )
        return {refused for group in groups for refused in self._refused(group)}

    def _refused(self, group: Sequence[Finding]) -> Iterator[str]:
        is_new = ocsf.is_ocsf(group[0].source)
        try:
            answer = self._written_v2(group) if is_new else self._written(group)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MALFORMED:
                raise
            logger.exception("Security Hub refused a call", findings=[one.id for one in group])
            yield from (one.id for one in group)
            return
        ids = {_name(one): one.id for one in group}
        for one in answer.get("UnprocessedFindings", []):
            named = one.get("FindingIdentifier") or {}
            name = (named.get("ProductArn", ""), named.get("Id", "") or one.get("MetadataUid", ""))
            if one["ErrorCode"] in _GONE:
                logger.warning("Security Hub has forgotten a finding", finding=ids.get(name, name))
                continue
            logger.error("Security Hub did not take a decision", finding=ids.get(name, name), reason=one["ErrorCode"])
            # Whose refusal it is cannot be told: each of them comes again.
            yield from [ids[name]] if name in ids else ids.values()

    def _written(self, group: Sequence[Finding]) -> Any:
        identifiers = [{"ProductArn": one.product_arn, "Id": one.source_id} for one in group]
        return self._client.batch_update_findings(FindingIdentifiers=identifiers, **_said(group[0]))

    def _written_v2(self, group: Sequence[Finding]) -> Any:
        uids = [ocsf.metadata_uid(one) for one in group]
        return self._client.batch_update_findings_v2(MetadataUids=uids, **_said(group[0]))


def _said(finding: Finding) -> Mapping[str, Any]:
    """Return a decision as Security Hub takes it. There is always a note: only a note says who decided."""
    if ocsf.is_ocsf(finding.source):
        return {"StatusId": _STATUS[finding.workflow], "Comment": _comment(finding)}
    fields = user_defined(finding)
    said = {
        "Workflow": {"Status": finding.workflow.value},
        "Note": {"Text": _comment(finding), "UpdatedBy": finding.workflow_by or "Muster"},
    }
    return {**said, "UserDefinedFields": fields} if fields or "UserDefinedFields" in finding.customer else said


def _comment(finding: Finding) -> str:
    return (finding.note.strip() or f"{finding.workflow.capitalize()} in Muster.")[:_LONGEST_NOTE]


def _name(finding: Finding) -> tuple[str, str]:
    if ocsf.is_ocsf(finding.source):
        return "", ocsf.metadata_uid(finding)
    return finding.product_arn, finding.source_id
