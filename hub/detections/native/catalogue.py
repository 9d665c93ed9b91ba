"""Every feed of Muster: one line for each kind of event in which an AWS service says what it found."""

from hub.detections.native import account, compliance, exposure, guardduty
from hub.detections.native.feed import Feed

FEEDS: tuple[Feed, ...] = (
    guardduty.guardduty_finding,
    exposure.access_analyzer,
    exposure.macie,
    exposure.inspector2,
    compliance.config_noncompliant,
    account.health_credentials_exposed,
    account.trusted_advisor,
    account.cloudtrail_insight,
)
