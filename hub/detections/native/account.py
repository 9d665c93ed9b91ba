"""What AWS says about a whole account: exposed credentials, abuse, unusual numbers of calls."""

from contract.cloudtrail import INSIGHT
from contract.finding import Severity
from hub.detections.native.event import NativeEvent
from hub.detections.native.feed import Report, feed

_EXPOSED_KEYS = "Exposed Access Keys"
_RISKS = ("AWS_RISK_", "AWS_ABUSE_")
_NAMED = 5


@feed(
    title="AWS Health about account {account}: {said}",
    severity=Severity.CRITICAL,
    product="Health",
    detail_types=("AWS Health Event", "AWS Health Abuse Event"),
    only=({"eventTypeCode": [{"prefix": one} for one in _RISKS]},),
    in_security_hub=True,
    attack="T1552.001",
)
def health_credentials_exposed(event: NativeEvent) -> Report | None:
    """AWS found the account's credentials in public, or got a report that the account attacks or spams others.

    False positives: none to count on; AWS has seen the key, or somebody's complaint.
    Response: open the event in the AWS Health dashboard: it names the keys or resources. Exposed keys: deactivate them
    in IAM at once, make new ones, and read in CloudTrail what they did in every Region; look for users, roles, keys and
    instances that nobody knows. Take down what made the key public. Abuse: isolate the instance that it names. Answer
    AWS's support case: AWS may restrict the account until you do.
    """
    detail = event.detail
    code = detail.text("eventTypeCode")
    if not code.startswith(_RISKS):
        return None
    entities = detail.texts("affectedEntities[].entityValue")
    named = detail.text("eventArn")
    return Report(
        key=named and f"{named} {event.account}",
        said=f"{code} ({', '.join(entities[:_NAMED])})" if entities else code,
        is_over=detail.text("statusCode") == "closed",
        resources=event.arns(("affectedEntities[].entityValue", "")),
        updated_at=detail.get("lastUpdatedTime"),
        first_seen=detail.get("startTime"),
        details={
            "code": code,
            "description": detail.text("eventDescription[].latestDescription"),
            "entities": ", ".join(entities),
        },
    )


@feed(
    title="Trusted Advisor: {said} of account {account} is exposed",
    severity=Severity.HIGH,
    product="Trusted Advisor",
    detail_types=("Trusted Advisor Check Item Refresh Notification",),
    only=({"check-name": [_EXPOSED_KEYS]},),
    attack="T1552.001",
)
def trusted_advisor(event: NativeEvent) -> Report | None:
    """Trusted Advisor found an access key of the account in public, or used as only a thief would.

    False positives: a key that was deleted before the check ran again.
    Response: deactivate the key in IAM, make a new one where it was used, and read in CloudTrail what it did in every
    Region. `location` says where it was found: take it down there, and out of the repository's history. AWS gives a
    deadline, after which it may restrict the account.
    """
    detail = event.detail
    if detail.text("check-name") != _EXPOSED_KEYS:
        return None
    item = {name: detail.text(f"check-item-detail.{name}") for name in ("Access Key ID", "Location", "Fraud Type")}
    user = detail.text("check-item-detail.User Name (IAM or Root)")
    key = item["Access Key ID"]
    named = key or detail.text("uuid")
    template = "arn:{partition}:iam::{account}:user/{id}" if user.lower() != "root" else ""
    return Report(
        key=named and f"{event.account} {named}",
        said=f"Access key {key} of {user}" if user else f"Access key {key}",
        is_over=detail.text("status") == "OK",
        resources=event.arns(("check-item-detail.User Name (IAM or Root)", template)),
        first_seen=detail.text("check-item-detail.Time Updated"),
        actor=user,
        details={"access_key": key, "location": item["Location"], "kind": item["Fraud Type"]},
    )


@feed(
    title="CloudTrail Insights: unusual {said} in account {account}",
    severity=Severity.LOW,
    product="CloudTrail Insights",
    detail_types=(INSIGHT,),
)
def cloudtrail_insight(event: NativeEvent) -> Report:
    """CloudTrail counted far more calls, or far more errors, of one API than is usual in the account.

    False positives: deployments, migrations, load tests, retries of something that is broken.
    Response: open the insight in CloudTrail: it shows the graph, and which identities and user agents made the calls.
    If nobody knows why, treat the identity at the top as stolen: see what else it did in these minutes. The finding
    closes itself when the numbers are normal again.
    """
    detail = event.detail
    service = detail.text("insightDetails.eventSource").removesuffix(".amazonaws.com")
    call = f"{service}:{detail.text('insightDetails.eventName')}"
    kind = detail.text("insightDetails.insightType")
    error = detail.text("insightDetails.errorCode") or "errors"
    return Report(
        key=detail.text("sharedEventID"),
        said=f"rate of {error} from {call}" if kind == "ApiErrorRateInsight" else f"rate of {call}",
        is_over=detail.text("insightDetails.state") == "End",
        updated_at=detail.get("eventTime"),
        first_seen=detail.get("eventTime"),
        actor=_most(event),
        details={
            "kind": kind,
            "usual_per_minute": detail.text("insightDetails.insightContext.statistics.baseline.average"),
            "seen_per_minute": detail.text("insightDetails.insightContext.statistics.insight.average"),
        },
    )


def _most(event: NativeEvent) -> str:
    """Return the ARN of the identity that made most of the calls."""
    for one in event.detail.objects("insightDetails.insightContext.attributions[]"):
        if one.text("attribute") == "userIdentityArn":
            return one.text("insight[].value")
    return ""
