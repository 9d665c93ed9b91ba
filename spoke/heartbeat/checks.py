"""A spoke's checks of itself: each returns what is wrong in words, or nothing when all is well."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from spoke.clients import Clients

Check = Callable[[str, str, Clients], str]

_RUNNING = {"ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"}


def checked(prefix: str, region: str, clients: Clients) -> dict[str, str]:
    """Return every check's name and its complaint, empty when all is well; a check that cannot look says so."""
    return {name: _asked(check, prefix, region, clients) for name, check in CHECKS.items()}


def _asked(check: Check, prefix: str, region: str, clients: Clients) -> str:
    try:
        return check(prefix, region, clients)
    except (BotoCoreError, ClientError) as error:
        return f"could not look: {error}"


def _rules(prefix: str, region: str, clients: Clients) -> str:
    rules = _all(clients("events", region), "list_rules", "Rules", NamePrefix=f"{prefix}-")
    if not rules:
        return f"no rule begins with {prefix}-"
    return _told("not enabled", [rule["Name"] for rule in rules if rule["State"] not in _RUNNING])


def _roles(prefix: str, region: str, clients: Clients) -> str:
    functions = _own_functions(prefix, region, clients)
    if not functions:
        return f"no function begins with {prefix}-spoke-"
    iam = clients("iam", region)
    roles = sorted({one["Role"].rpartition("/")[2] for one in functions})
    return _told("without their role", [role for role in roles if not _has_role(iam, role)])


def _own_functions(prefix: str, region: str, clients: Clients) -> list[dict[str, Any]]:
    functions = _all(clients("lambda", region), "list_functions", "Functions")
    return [one for one in functions if one["FunctionName"].startswith(f"{prefix}-spoke-")]


def _has_role(iam: Any, name: str) -> bool:
    try:
        iam.get_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


def _dead_letters(prefix: str, region: str, clients: Clients) -> str:
    sqs = clients("sqs", region)
    urls = _all(sqs, "list_queues", "QueueUrls", QueueNamePrefix=f"{prefix}-spoke-")
    waiting = {url.rpartition("/")[2]: _depth(sqs, url) for url in urls if url.endswith("-dlq")}
    return _told("waiting", [f"{count} in {name}" for name, count in sorted(waiting.items()) if count])


def _depth(sqs: Any, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(answer["Attributes"][name])


def _trail(_prefix: str, region: str, clients: Clients) -> str:
    """Look for a trail that logs management events: without it EventBridge gets no API calls at all."""
    cloudtrail = clients("cloudtrail", region)
    for trail in cloudtrail.describe_trails(includeShadowTrails=True)["trailList"]:
        if _is_logging(cloudtrail, trail["TrailARN"]) and _has_management_events(cloudtrail, trail["TrailARN"]):
            return ""
    return "no trail logs management events"


def _is_logging(cloudtrail: Any, trail: str) -> bool:
    return bool(cloudtrail.get_trail_status(Name=trail)["IsLogging"])


def _has_management_events(cloudtrail: Any, trail: str) -> bool:
    answer = cloudtrail.get_event_selectors(TrailName=trail)
    plain = any(one.get("IncludeManagementEvents") for one in answer.get("EventSelectors", []))
    fields = (
        field for one in answer.get("AdvancedEventSelectors", []) for field in one.get("FieldSelectors", [])
    )
    return plain or any("Management" in field.get("Equals", []) for field in fields if field["Field"] == "eventCategory")


def _all(service: Any, operation: str, key: str, **arguments: Any) -> list[Any]:
    pages = service.get_paginator(operation).paginate(**arguments)
    return [member for page in pages for member in page.get(key, [])]


def _told(what: str, names: list[str]) -> str:
    return f"{what}: {', '.join(names)}" if names else ""


CHECKS: dict[str, Check] = {"rules": _rules, "roles": _roles, "dead letters": _dead_letters, "trail": _trail}
