"""Which CloudTrail events a rule gets, by its state."""

from typing import Any

DEFAULT = "ENABLED"
WITH_READS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
INSIGHT = "AWS Insight via CloudTrail"
NEVER_DELIVERED = ("Data", "NetworkActivity", "Insight")
READS = ("Describe", "Get", "List")
# They begin like reads, but AWS counts them as changes.
STS_CHANGES = ("GetFederationToken", "GetSessionToken")


def receives(state: str, event: dict[str, Any]) -> bool:
    """Whether a rule in `state` gets the event at all, before its pattern is asked.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
    """
    if state not in (DEFAULT, WITH_READS):
        return False
    record = event["detail"]
    kind = event["detail-type"]
    if not kind.endswith("via CloudTrail") or kind == INSIGHT or not isinstance(record, dict):
        return True
    if record.get("managementEvent") is False or record.get("eventCategory") in NEVER_DELIVERED:
        return False
    return state == WITH_READS or not is_read(record)


def is_read(record: dict[str, Any]) -> bool:
    """Whether AWS counts the CloudTrail record as a read-only management event."""
    name = str(record.get("eventName", ""))
    if name in STS_CHANGES or record.get("eventSource") == "signin.amazonaws.com":
        return False
    return name.startswith(READS)
