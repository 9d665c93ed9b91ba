"""Sign-ins to the console."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from hub.detections.detection import detection

CONSOLE_LOGIN = ("signin.amazonaws.com:ConsoleLogin",)


@detection(
    title="Root user signed in to the console of account {account}",
    severity=Severity.CRITICAL,
    api_calls=CONSOLE_LOGIN,
    family="root",
    attack="T1078.004",
    cis="monitoring.root_usage",
)
def root_console_login(event: CloudTrailEvent) -> bool:
    """The root user signed in to the console.

    False positives: break-glass drills.
    Response: confirm with the account owner; if nobody knows of it, rotate the root credentials and review what the
    session did.
    """
    return event.actor.is_root and event.response.text("ConsoleLogin") == "Success"
