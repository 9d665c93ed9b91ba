"""What was sent by SES, as RFC 822 messages: MiniStack forgets the raw ones, so they are kept here."""

import base64
import json
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import ses, ses_v2

from localorg import patches

Record = dict[str, Any]
RAW = "_Raw"
# Nothing bounces here, so nobody is ever on the list.
SUPPRESSED = "/suppression/addresses/"


def install() -> None:
    """Keep the raw message beside the record that MiniStack makes of a send."""
    send_raw = patches.require(ses, "_send_raw_email", "_sent_emails_list().append(record)", "RawMessage.Data")
    send_v2 = patches.require(ses_v2, "handle_request", "_sent_emails_list().append(record)", "/outbound-emails")
    patches.require(ses, "handle_request", '"SendRawEmail": _send_raw_email')

    def send_raw_email(params: dict[str, Any]) -> Any:
        known = len(ses._sent_emails_list())
        response = send_raw(params)
        _keep(known, ses._p(params, "RawMessage.Data"))
        return response

    async def handle_v2(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        if method == "GET" and SUPPRESSED in path:
            return error_response_json("NotFoundException", "Nobody is on the suppression list here.", 404)
        known = len(ses._sent_emails_list())
        response = await send_v2(method, path, headers, body, query)
        if path.rstrip("/").endswith("/outbound-emails"):
            _keep(known, (json.loads(body)["Content"].get("Raw") or {}).get("Data", ""))
        return response

    patches.replace(ses, "_send_raw_email", send_raw_email)
    patches.replace(ses_v2, "handle_request", handle_v2)


def _keep(known: int, encoded: str) -> None:
    for record in ses._sent_emails_list()[known:]:
        if encoded:
            record[RAW] = base64.b64decode(encoded)


def sent(account: str) -> list[Record]:
    """Every message that the account sent, the oldest first; `time` in epoch seconds."""
    found = [
        _shown(record, owner, region)
        for (owner, region, key), records in ses._sent_emails.to_dict().items()
        if owner == account and key == "entries"
        for record in records
    ]
    return sorted(found, key=lambda message: float(message["time"]))


def _shown(record: Record, account: str, region: str) -> Record:
    message = message_from_bytes(record[RAW], policy=policy.default) if RAW in record else _composed(record)
    named = [*record.get("To", []), *record.get("CC", []), *record.get("BCC", [])]
    return {
        "from": record["Source"] or str(message["From"] or ""),
        "to": named or [part.strip() for part in str(message["To"] or "").split(",") if part.strip()],
        "subject": str(message["Subject"] or ""),
        "raw": record[RAW].decode(errors="replace") if RAW in record else message.as_string(),
        "account": account,
        "region": region,
        "time": record["Timestamp"],
    }


def _composed(record: Record) -> EmailMessage:
    """The message that SES composes of a simple send."""
    message = EmailMessage()
    message["From"] = record["Source"]
    message["Date"] = format_datetime(datetime.fromtimestamp(float(record["Timestamp"]), UTC))
    message["Message-ID"] = f"<{record['MessageId']}@email.amazonses.com>"
    message["To"] = ", ".join(record.get("To", []))
    message["Subject"] = record.get("RenderedSubject") or record.get("Subject", "")
    message.set_content(record.get("RenderedBodyText") or record.get("BodyText") or "")
    html = record.get("RenderedBodyHtml") or record.get("BodyHtml")
    if html:
        message.add_alternative(html, subtype="html")
    return message
