"""Foundation models."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from hub.detections.callers import CALLER, MINUTE
from hub.detections.detection import calls, detection
from hub.detections.window import Window

_DENIED = ("AccessDenied", "AccessDeniedException", "ValidationException")


def _long_lived_key(event: CloudTrailEvent) -> tuple[str, ...]:
    key = event.identity.text("accessKeyId")
    return (key,) if key.startswith("AKIA") else ()


@detection(
    title="{actor} tried {count} times within {minutes} minutes to use models in account {account} and was refused",
    severity=Severity.MEDIUM,
    api_calls=calls("bedrock", "InvokeModel", "InvokeModelWithResponseStream", "Converse", "ConverseStream"),
    resource=CALLER,
    failures=True,
    window=Window(by=_long_lived_key, seconds=10 * MINUTE, count=3),
    attack="T1496.004",
)
def invoke_denied(event: CloudTrailEvent) -> bool:
    """A long-lived access key is tried out on foundation models: stolen keys are sold to people who run up such bills.

    False positives: a developer whose policy or model access is not set up yet.
    Response: ask the key's owner. If it was not they, deactivate the key and look in CloudTrail for what else it did,
    in every Region; check the bill of Bedrock.
    """
    return event.error.startswith(_DENIED)
