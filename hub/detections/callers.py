"""Who a detection that counts counts for."""

from contract.cloudtrail import CloudTrailEvent
from contract.resource import ResourceArn

MINUTE = 60
DAY = 86_400
# Of a session its role: each run of a script is another session.
CALLER = ResourceArn("{id}", ("userIdentity.sessionContext.sessionIssuer.arn", "userIdentity.arn"))
_READS = ("Get", "List", "Describe", "Head")


def principal(event: CloudTrailEvent) -> tuple[str, ...]:
    """Return the caller's role or own ARN; of one without an ARN its account and name."""
    return (CALLER.of(event) or (f"{event.account_id} {event.actor.name}",))[:1]


def is_read(event: CloudTrailEvent) -> bool:
    """Whether a call only reads; old records carry no `readOnly`, their names tell."""
    if "readOnly" in event.record:
        return event.record.is_true("readOnly")
    return event.name.startswith(_READS)
