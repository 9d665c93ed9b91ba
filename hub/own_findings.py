"""Muster's own findings: what it says about itself and its organization, in the words of a detection."""

from contract.catalogue import DetectionText
from contract.finding import Mode, Severity

DETECTION_FAILED = DetectionText(
    id="muster.detection_failed",
    title="Detection {detection} failed on an event of account {account}",
    severity=Severity.MEDIUM,
    mode=Mode.LIVE,
    family="muster.detection_failed",
    what="A detection raised an error on an event: what it looks for may have happened there, unseen.",
    false_positives="None: the detection is blind to such events until it is mended.",
    response="Read the reason in the finding's details and the event itself in CloudTrail; judge by hand what the "
    "detection would have; mend the detection, then replay the event.",
)
UNKNOWN_ACCOUNT = DetectionText(
    id="muster.unknown_account",
    title="Account {account} sends events and is no member of the organization",
    severity=Severity.HIGH,
    mode=Mode.LIVE,
    family="muster.unknown_account",
    what="An account that AWS Organizations does not list sends events to the hub.",
    false_positives="An account that left the organization a moment ago and still has its spoke.",
    response="Find out whose account it is; if it left, remove its spoke; if nobody knows it, check who changed the "
    "policy of the hub's event bus, and judge its events as a stranger's.",
)

OWN_FINDINGS = (DETECTION_FAILED, UNKNOWN_ACCOUNT)
