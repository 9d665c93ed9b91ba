"""Items that time to live removes reach the table's stream, marked as DynamoDB's doing; MiniStack drops them silently.

Source: DynamoDB developer guide, "DynamoDB Streams and Time to Live".
"""

import threading
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import request_scope
from ministack.services import dynamodb

from localorg import patches

REAPER = "dynamodb-ttl-reaper"  # the thread that MiniStack started when it was imported
SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def install() -> None:
    """Watch what the reaper removes."""
    patches.require(dynamodb, "_ttl_reaper", "_remove_item(table, pk_val, sk_val)")
    patches.require(dynamodb, "_emit_stream_event", "_build_change_record(table, event_name")
    remove = patches.require(dynamodb, "_remove_item", "return old_item")
    build = patches.require(dynamodb, "_build_change_record", '"SequenceNumber"')

    def remove_item(table: dict[str, Any], partition: Any, sort: Any) -> Any:
        item = remove(table, partition, sort)
        if item is not None and _is_reaping():
            spec = parse_arn(table["TableArn"])
            with request_scope(spec.account_id, spec.region):
                dynamodb._emit_stream_event(table["TableName"], "REMOVE", item, None)
        return item

    def build_change_record(*arguments: Any) -> dict[str, Any]:
        record: dict[str, Any] = build(*arguments)
        return {**record, "userIdentity": SERVICE} if _is_reaping() else record

    patches.replace(dynamodb, "_remove_item", remove_item)
    patches.replace(dynamodb, "_build_change_record", build_change_record)


def _is_reaping() -> bool:
    return threading.current_thread().name == REAPER
