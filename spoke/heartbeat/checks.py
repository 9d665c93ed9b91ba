"""A spoke's checks of itself: each returns what is wrong in words, or nothing when all is well."""

from collections.abc import Callable, Collection
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from contract.spoke_events import LONGEST_TEXT
from spoke.clients import Clients
from spoke.heartbeat.recording import Recording, kept_recording

_RUNNING = {"ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"}


class Spoke(msgspec.Struct, frozen=True):
    """What to look after: the rules that begin with the prefix; `parts` have roles and dead-letter queues."""

    prefix: str
    region: str
    parts: tuple[str, ...]
    partition: str = "aws"
    account: str = ""
    config_bucket: str = ""

    def name(self, part: str) -> str:
        """Return the full name of a part: `muster-spoke-heartbeat`."""
        return f"{self.prefix}-spoke-{part}"


Check = Callable[[Spoke, Clients], str]


def checked(spoke: Spoke, clients: Clients, skipped: Collection[str] = ()) -> dict[str, str]:
    """Return the name of each check that is not skipped, and its complaint, empty when all is well.

    A check that cannot look says so.
    """
    asked = {name: check for name, check in CHECKS.items() if name not in skipped}
    return {name: _asked(check, spoke, clients)[:LONGEST_TEXT] for name, check in asked.items()}


def _asked(check: Check, spoke: Spoke, clients: Clients) -> str:
    try:
        return check(spoke, clients)
    except Exception as error:  # noqa: BLE001 - the isolator of checks: one that cannot look must not silence the heart
        return f"could not look: {error}"


def _rules(spoke: Spoke, clients: Clients) -> str:
    pages = clients("events", spoke.region).get_paginator("list_rules").paginate(NamePrefix=spoke.name(""))
    rules = [rule for page in pages for rule in page["Rules"]]
    if not rules:
        return f"no rule begins with {spoke.name('')}"
    return _told("not enabled", [rule["Name"] for rule in rules if rule["State"] not in _RUNNING])


def _roles(spoke: Spoke, clients: Clients) -> str:
    iam = clients("iam", spoke.region)
    names = [f"{spoke.name(part)}-{spoke.region}" for part in spoke.parts]
    return _told("missing", [name for name in names if not _has_role(iam, name)])


def _has_role(iam: Any, name: str) -> bool:
    try:
        iam.get_role(RoleName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return False
        raise
    return True


def _dead_letters(spoke: Spoke, clients: Clients) -> str:
    sqs = clients("sqs", spoke.region)
    waiting = {name: _depth(sqs, name) for name in (f"{spoke.name(part)}-dlq" for part in spoke.parts)}
    return _told("waiting", [f"{count} in {name}" for name, count in waiting.items() if count])


def _depth(sqs: Any, queue: str) -> int:
    count = "ApproximateNumberOfMessages"
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[count])["Attributes"][count])


def _trail(spoke: Spoke, clients: Clients) -> str:
    """Look for a trail that logs management events: without it EventBridge gets no API calls at all."""
    return "" if management_trails(clients("cloudtrail", spoke.region)) else "no trail logs management events"


def _recorder(spoke: Spoke, clients: Clients) -> str:
    """See to AWS Config's recorder, where the settings ask for one."""
    asked = Recording(spoke.partition, spoke.account, spoke.region, spoke.name("recorder"), spoke.config_bucket)
    return kept_recording(asked, clients)


def management_trails(cloudtrail: Any) -> list[dict[str, Any]]:
    """Return the trails that log management events of the client's account and Region."""
    trails = cloudtrail.describe_trails(includeShadowTrails=True)["trailList"]
    return [one for one in trails if _is_logging(cloudtrail, one) and _has_management_events(cloudtrail, one)]


def _is_logging(cloudtrail: Any, trail: dict[str, Any]) -> bool:
    return bool(cloudtrail.get_trail_status(Name=trail["TrailARN"])["IsLogging"])


def _has_management_events(cloudtrail: Any, trail: dict[str, Any]) -> bool:
    if not trail.get("HasCustomEventSelectors"):
        # A trail without selectors of its own logs management events (CloudTrail API, GetEventSelectors).
        return True
    answer = cloudtrail.get_event_selectors(TrailName=trail["TrailARN"])
    advanced = [field for one in answer.get("AdvancedEventSelectors", []) for field in one["FieldSelectors"]]
    categories = [field.get("Equals", []) for field in advanced if field["Field"] == "eventCategory"]
    plain = [one.get("IncludeManagementEvents") for one in answer.get("EventSelectors", [])]
    return any(plain) or ["Management"] in categories


def _told(what: str, names: list[str]) -> str:
    return f"{what}: {', '.join(names)}" if names else ""


CHECKS: dict[str, Check] = {
    "rules": _rules,
    "roles": _roles,
    "dead letters": _dead_letters,
    "trail": _trail,
    "recorder": _recorder,
}
