"""Events that could not be delivered: to the target's dead-letter queue if EventBridge may write there."""

import hashlib
import logging
import time
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import new_uuid
from ministack.services import sqs
from ministack.services.lambda_svc import esm_wake

from localorg.eventbus.permissions import UndeliverableError, check_resource_policy

log = logging.getLogger("localorg.eventbus")


def dead_letter(target: dict[str, Any], rule: dict[str, Any], body: str, error: UndeliverableError) -> None:
    """Put the event into the target's dead-letter queue with AWS's attributes, or drop it and say so in the log."""
    rule_arn = rule["Arn"]
    log.warning("%s -> %s failed: %s %s", rule_arn, target.get("Arn"), error.code, error)
    queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue_arn:
        return
    try:
        check_resource_policy(parse_arn(queue_arn), rule_arn)
    except UndeliverableError as refused:
        log.warning("%s lost an event: %s", rule_arn, refused)
        return
    attributes = {"RULE_ARN": rule_arn, "TARGET_ARN": target.get("Arn", ""), "ERROR_CODE": error.code}
    send(queue_arn, body, attributes | {"ERROR_MESSAGE": str(error)})


def send(queue_arn: str, body: str, attributes: dict[str, str]) -> None:
    """Put a message into a queue as an AWS service does, whose permission was checked before."""
    queue = sqs._queue_by_arn(queue_arn)
    now = time.time()
    typed = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    message = {
        "id": new_uuid(),
        "body": body,
        "md5_body": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "md5_attrs": sqs._md5_msg_attrs(typed),
        "message_attributes": typed,
        "sent_at": now,
        "visible_at": now + sqs.queue_delay(queue),
        "sys": {"SenderId": "AIDAEVENTBRIDGE", "SentTimestamp": str(int(now * 1000))},
    }
    sqs._ensure_msg_fields(message)
    queue["messages"].append(message)
    esm_wake.set()
