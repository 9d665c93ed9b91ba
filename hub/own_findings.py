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

SPOKE_SILENT = DetectionText(
    id="muster.spoke_silent",
    title="Spoke of account {account} in {region} is silent: {last}",
    severity=Severity.HIGH,
    mode=Mode.LIVE,
    family="muster.spoke_silent",
    what="The spoke of an account and Region has missed more than two heartbeats, or was never heard of. What happens "
    "there may reach nobody: no alerts, no tags.",
    false_positives="A rollout that is still under way; an account closed within the last hours.",
    response="If many fell silent at once, look at the hub first: its queue of reports and the alarms on it. Otherwise "
    "run `muster status`. If the stack instance is missing or not current, deploy again. If it is current, look in the "
    "account and Region whether the function and its hourly rule are there and what the function's log says, and in "
    "CloudTrail who changed them: switching off the watch is an attacker's first step. Until the spoke is back, read "
    "the account's CloudTrail yourself. Within an hour of the next heartbeat the finding closes itself.",
    attack="T1562.001",
)
ACCOUNT_UNCOVERED = DetectionText(
    id="muster.account_uncovered",
    title="Nobody watches account {account}: it is in no unit that gets spokes",
    severity=Severity.LOW,
    mode=Mode.LIVE,
    family="muster.account_uncovered",
    what="An active account lies outside every unit of organization.ous, and nobody excluded it on purpose: nothing "
    "that happens there is seen.",
    false_positives="A rollout that goes unit by unit and has not come to this one; an account that was made a moment "
    "ago and is not yet where it belongs.",
    response="Move the account into a unit that gets spokes, or name its unit in organization.ous, or the account in "
    "organization.excluded_accounts, and deploy. The finding closes itself within an hour.",
)

OWN_FINDINGS = (DETECTION_FAILED, UNKNOWN_ACCOUNT, SPOKE_SILENT, ACCOUNT_UNCOVERED)
