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

AGENT_MISSING = DetectionText(
    id="muster.agent_missing",
    title="Instance {instance} of account {account} lacks {agent}: {reason}",
    severity=Severity.MEDIUM,
    mode=Mode.LIVE,
    family="muster.agent_missing",
    what="A running instance that should have the security agent has been without it for agent.missing_days: nothing "
    "protects it.",
    false_positives="An appliance or a platform on which the agent cannot run: exclude it by a tag "
    "(agent.excluded_tags).",
    response="The finding's details say why and what to do; docs/agents.md has all reasons. `muster agents install` "
    "tries at once, the next sweep within a day. The finding closes itself within an hour after the agent runs or the "
    "instance is gone.",
)
RETENTION_FAILED = DetectionText(
    id="muster.retention_failed",
    title="The {job} of images and snapshots of account {account} in {region} {what}",
    severity=Severity.MEDIUM,
    mode=Mode.LIVE,
    family="muster.retention_failed",
    what="The last run over an account's images and snapshots failed, or some of them could not be tagged or deleted: "
    "what has no date is kept for ever, and paid for.",
    false_positives="None; a snapshot that is locked, or has fifty tags already, fails every day until it is exempt.",
    response="The details name the reason, and the resources by id. Denied: look for a service control policy, or a "
    "permissions boundary, that keeps the spoke's role from ec2:CreateTags. A resource that nobody shall touch gets "
    "the tag Retention=forever or LegalHold. The finding closes itself within an hour of the next good run.",
)
RETENTION_OVERDUE = DetectionText(
    id="muster.retention_overdue",
    title="The {job} of images and snapshots of account {account} in {region} did not run in time: {last}",
    severity=Severity.MEDIUM,
    mode=Mode.LIVE,
    family="muster.retention_overdue",
    what="The backup tagger or the expiry of an account and Region has not run within its schedule and an hour, or its "
    "report was lost: new images and snapshots have no date, or stay past it.",
    false_positives="A rollout that is still under way; a schedule that was changed a moment ago.",
    response="If the spoke is silent, too, begin there. Otherwise look in the account and Region whether the function "
    "and its rule are there and enabled, what the function's log says, and what waits in its dead-letter queue. The "
    "finding closes itself within an hour of the next run.",
)

OWN_FINDINGS = (
    *(DETECTION_FAILED, UNKNOWN_ACCOUNT, SPOKE_SILENT, ACCOUNT_UNCOVERED, AGENT_MISSING),
    *(RETENTION_FAILED, RETENTION_OVERDUE),
)
