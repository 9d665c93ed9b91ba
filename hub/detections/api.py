"""Any call at all: that it was refused, and what it was made with."""

import re
from functools import lru_cache

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from hub.detections.callers import CALLER, DAY, MINUTE, is_read, principal
from hub.detections.detection import Match, detection
from hub.detections.window import Window

_REFUSALS = ["AccessDenied", "AccessDeniedException", {"suffix": "UnauthorizedOperation"}]
# Penetration distributions stand amid a user agent, attack tools begin it (S3 writes agents in brackets). EventBridge
# compares letter by letter, and refuses more than about three such wildcards in a field ("Rule is too complex").
_DISTRIBUTIONS = ("kali", "parrot", "pentoo")
_TOOLS = (
    *("CloudFox", "cloudfox", "Cyberduck", "[Cyberduck", "Pacu", "pacu", "Prowler", "prowler", "S3 Browser"),
    *("[S3 Browser", "ScoutSuite", "Scout Suite", "TruffleHog", "trufflehog", "stratus-red-team"),
)
_AGENTS = [*({"wildcard": f"*{word}*"} for word in _DISTRIBUTIONS), *({"prefix": word} for word in _TOOLS)]
_TOOL = re.compile(
    rf"^(?P<tool>{'|'.join(map(re.escape, _TOOLS))})|(?<![a-z])(?P<distribution>{'|'.join(_DISTRIBUTIONS)})(?![a-z])"
)


@lru_cache(maxsize=4096)
def tool_of(user_agent: str) -> str:
    """Return the attack tool or penetration distribution that a user agent names, in small letters, or empty text."""
    found = _TOOL.search(user_agent)
    return found.group().removeprefix("[").lower() if found else ""


def _tool_and_caller(event: CloudTrailEvent) -> tuple[str, ...]:
    went = "refused" if event.is_refused else "done"
    return tuple(f"{caller} {tool_of(event.user_agent)} {went}" for caller in principal(event))


@detection(
    title="{actor} used {tool} in account {account}",
    severity=Severity.HIGH,
    api_calls=("*:*",),
    only={"userAgent": _AGENTS},
    resource=CALLER,
    attempts=True,
    window=Window(by=_tool_and_caller, seconds=DAY),
    attack="T1078.004",
)
def suspicious_user_agent(event: CloudTrailEvent) -> bool | Match:
    """A tool that is made for attacks or data theft, or a penetration tester's Linux, changed something here.

    The finding tells of the first change by this caller with this tool on a day, so look for the others in CloudTrail
    by the caller's name. Such a tool in the hands of somebody unknown means that credentials are stolen.
    False positives: own assessments and red teams (exclude their role); storage browsers where people may use them.
    Response: ask the actor whether it was they. If not, deactivate the access key or revoke the role's sessions now,
    then list every call of that caller since it appeared, and undo what it made: users, keys, roles, shares.
    """
    tool = tool_of(event.user_agent)
    return Match(details={"tool": tool}) if tool and not is_read(event) else False


@detection(
    title="{actor} was refused {count} times within {minutes} minutes in account {account}",
    severity=Severity.MEDIUM,
    api_calls=("*:*",),
    only={"errorCode": _REFUSALS},
    resource=CALLER,
    failures=True,
    window=Window(by=principal, seconds=10 * MINUTE, count=20),
    attack="T1580",
    cis="monitoring.unauthorized_calls",
)
def unauthorized_burst(_event: CloudTrailEvent) -> bool:
    """One caller tried many changes that it has no right to make: it does not know its rights, or tries them out.

    Stolen credentials are explored this way in their first minutes. Only changes are counted; refused reads never
    reach Muster.
    False positives: an application whose policy lost a right, which goes on for hours with the same few calls.
    Response: look in CloudTrail what was tried. The same call over and over is a broken program: tell its owner. Many
    different calls, or calls to services that the caller never uses, are somebody looking around: deactivate the key
    or revoke the role's sessions, and see what was not refused.
    """
    return True
