"""Cases at AWS Support."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode, Severity
from hub.detections.detection import Match, calls, detection


@detection(
    title="{actor} opened or closed a case at AWS Support for account {account} ({eventName})",
    severity=Severity.INFORMATIONAL,
    api_calls=calls("support", "CreateCase", "ResolveCase"),
    mode=Mode.LIVE,
    attack="T1496",
)
def case_by_unusual(event: CloudTrailEvent) -> Match:
    """Somebody speaks to AWS in the account's name; MEDIUM when they ask for a higher limit, else only stored.

    False positives: whoever usually talks to AWS Support.
    Response: read the case in the Support Center; close it if nobody of you wrote it, above all one that asks for more
    machines or to lift a restriction, and replace the actor's credentials.
    """
    asks_for_more = event.request.text("serviceCode") == "service-limit-increase"
    return Match(severity=Severity.MEDIUM if asks_for_more else Severity.INFORMATIONAL)
