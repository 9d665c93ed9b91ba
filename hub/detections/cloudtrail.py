"""The audit trail itself."""

from datetime import datetime
from fnmatch import fnmatchcase

from contract.cloudtrail import CloudTrailEvent, timestamp
from contract.fields import Fields
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings

_CIS = "monitoring.cloudtrail_changes"
_TRAIL = ResourceArn(
    "arn:{partition}:cloudtrail:{region}:{account}:trail/{id}",
    ("responseElements.trailARN", "requestParameters.name", "requestParameters.trailName"),
)
_STORE = ResourceArn(
    "arn:{partition}:cloudtrail:{region}:{account}:eventdatastore/{id}",
    ("requestParameters.eventDataStore", "requestParameters.channel"),
)
_SWITCHES = (
    "isMultiRegionTrail",
    "includeGlobalServiceEvents",
    "enableLogFileValidation",
    "isOrganizationTrail",
    "enableLogFileIntegrityValidation",
)
# Enough for S3's longest expiry; a forged number of thousands of digits is none.
_MOST_DIGITS = 10
_DESTINATIONS = ("s3BucketName", "kmsKeyId", "snsTopicName")


@detection(
    title="Trail {resource} of account {account} stopped logging",
    severity=Severity.CRITICAL,
    api_calls=calls("cloudtrail", "StopLogging"),
    resource=_TRAIL,
    attempts=True,
    attack="T1562.008",
    cis=_CIS,
)
def logging_stopped(_event: CloudTrailEvent) -> bool:
    """A trail was switched off: what happens next is not recorded.

    False positives: none; a trail that is not needed is deleted with a ticket.
    Response: run cloudtrail:StartLogging on the trail, then end the actor's sessions. The trail is blind for the time
    between: read the event history (90 days, it goes on without a trail) for what the actor did before and after.
    """
    return True


@detection(
    title="Trail {resource} of account {account} deleted",
    severity=Severity.CRITICAL,
    api_calls=calls("cloudtrail", "DeleteTrail"),
    resource=_TRAIL,
    attempts=True,
    attack="T1562.008",
    cis=_CIS,
)
def trail_deleted(_event: CloudTrailEvent) -> bool:
    """A trail was deleted: what happens next is not recorded.

    False positives: a move to an organization trail.
    Response: create the trail again with the same bucket. Make sure that the bucket with the logs so far still exists
    and cannot be deleted, and end the actor's sessions. What happened meanwhile stands in the event history for 90
    days.
    """
    return True


@detection(
    title="Trail {resource} of account {account} may record less, or elsewhere: {what}",
    severity=Severity.HIGH,
    api_calls=calls("cloudtrail", "UpdateTrail"),
    resource=_TRAIL,
    family="cloudtrail.trail",
    attack="T1562.008",
    cis=_CIS,
)
def trail_weakened(event: CloudTrailEvent) -> bool | Match:
    """A trail was told to record less, not to prove its files, or where to deliver; the record has no former values.

    False positives: a planned move of the log bucket; Terraform, CloudFormation and the console, which send the whole
    trail with every change.
    Response: compare the trail with its definition (cloudtrail:GetTrail) and put back what changed. If the bucket or
    the key is not yours, logs have gone there: find out whose it is, and read the event history for the actor's other
    calls.
    """
    off = [f"{switch} off" for switch in _SWITCHES if event.request.is_false(switch)]
    to = [f"{name} {event.request.text(name) or 'none'}" for name in _DESTINATIONS if name in event.request]
    return bool(off or to) and Match(details={"what": ", ".join(off + to)})


def _drops_management_events(selector: Fields) -> bool:
    kind = selector.text("readWriteType", "All")
    is_partial = selector.is_false("includeManagementEvents") or kind != "All"
    return is_partial or bool(selector.texts("excludeManagementEventSources"))


def _keeps_management_events(selector: Fields) -> bool:
    fields = selector.objects("fieldSelectors")
    is_management = any(
        field.text("field") == "eventCategory" and "Management" in field.texts("equals") for field in fields
    )
    return is_management and all(field.text("field") == "eventCategory" for field in fields)


@detection(
    title="Trail {resource} of account {account} no longer records every management event",
    severity=Severity.HIGH,
    api_calls=calls("cloudtrail", "PutEventSelectors"),
    resource=_TRAIL,
    attack="T1562.008",
    cis=_CIS,
)
def event_selectors_reduced(event: CloudTrailEvent) -> bool:
    """The event selectors leave management events out, or only record reads, or only writes, or exclude services.

    False positives: a second trail for data events only; a trail that leaves KMS out to save money.
    Response: list the trails (cloudtrail:DescribeTrails, GetEventSelectors) and check that another one records all
    management events, reads and writes. If none does, put the selectors back and ask the actor what was not to be seen.
    """
    advanced = event.request.objects("advancedEventSelectors")
    if advanced:
        return not any(_keeps_management_events(selector) for selector in advanced)
    return any(_drops_management_events(selector) for selector in event.request.objects("eventSelectors"))


@detection(
    title="CloudTrail Insights of {resource} of account {account} switched off",
    severity=Severity.MEDIUM,
    api_calls=calls("cloudtrail", "PutInsightSelectors"),
    resource=ResourceArn(_TRAIL.template, _TRAIL.paths, fallback=_STORE),
    attack="T1562.008",
    cis=_CIS,
)
def insights_disabled(event: CloudTrailEvent) -> bool:
    """A trail or an event data store no longer looks for unusual numbers of calls.

    False positives: saving money on purpose.
    Response: ask the actor. Switch it on again (cloudtrail:PutInsightSelectors); what was unusual meanwhile must be
    looked for by hand, by the numbers of calls.
    """
    is_named = "trailName" in event.request or "eventDataStore" in event.request
    return is_named and not event.request.all("insightSelectors")


@detection(
    title="CloudTrail Lake of account {account} was deleted, stopped, unprotected or shortened ({eventName})",
    severity=Severity.HIGH,
    api_calls=calls(
        "cloudtrail",
        "DeleteEventDataStore",
        "StopEventDataStoreIngestion",
        "UpdateEventDataStore",
        "DeleteChannel",
        "DeregisterOrganizationDelegatedAdmin",
    ),
    resource=_STORE,
    attack="T1562.008",
    cis=_CIS,
)
def lake_tampered(event: CloudTrailEvent, settings: DetectionSettings) -> bool:
    """An event data store lost its protection, its feed or its existence, or forgets too soon.

    Too soon is sooner than minimum_log_bucket_days; what it was before, the event does not say.

    False positives: the clean-up of a trial.
    Response: a deleted event data store can be restored for seven days (cloudtrail:RestoreEventDataStore): do that
    first. Then start its ingestion, switch termination protection on, set its retention back, and ask the actor.
    """
    if event.name != "UpdateEventDataStore":
        return True
    days = event.request.text("retentionPeriod")
    is_short = days.isdecimal() and len(days) < _MOST_DIGITS and int(days) < settings.minimum_log_bucket_days
    return is_short or event.request.is_false("terminationProtectionEnabled")


@detection(
    title="Trail {resource} of account {account} created, updated or started",
    severity=Severity.LOW,
    api_calls=calls("cloudtrail", "CreateTrail", "UpdateTrail", "StartLogging"),
    resource=_TRAIL,
    family="cloudtrail.trail",
    attack="T1562.008",
    cis=_CIS,
)
def trail_changed(_event: CloudTrailEvent) -> bool:
    """A trail's settings changed.

    False positives: any planned change.
    Response: check that it was planned; a trail into a foreign bucket is how logs are copied out.
    """
    return True


@detection(
    title="{actor} sent IAM a request in account {account} that was too large to be recorded",
    severity=Severity.HIGH,
    api_calls=calls("iam", "*"),
    only={"requestParameters": {"omitted": [True]}},
    attack="T1562.008",
)
def evasion_oversized_request(event: CloudTrailEvent) -> bool:
    """An IAM request was padded beyond what CloudTrail records (100 KB), which hides what it said.

    False positives: none known.
    Response: list what the call changed as it is now (for a policy: iam:GetPolicyVersion, GetRolePolicy), because the
    record does not say. Undo it if it grants anything, and end the actor's sessions: nobody pads a request by accident.
    """
    return event.request.is_true("omitted")


@detection(
    title="Logs in bucket {resource} of account {account} are deleted after {days} days",
    severity=Severity.HIGH,
    api_calls=calls("s3", "PutBucketLifecycle", "PutBucketLifecycleConfiguration"),
    resource=ResourceArn("arn:{partition}:s3:::{id}", ("requestParameters.bucketName",)),
    attack="T1562.008",
)
def bucket_lifecycle_short(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """A bucket of logs forgets sooner than minimum_log_bucket_days: a quiet way to destroy the traces of a break-in.

    Which buckets hold logs, log_buckets says; the usual names of trails, flow logs and archives when it is left out.

    False positives: buckets whose names only look like it.
    Response: put the former rule back at once (S3 console, Management, Lifecycle rules), before S3 deletes what is
    older, which it does about once a day; ask the actor; copy what is left to where they cannot reach it.
    """
    bucket = event.request.text("bucketName").lower()
    if not any(fnmatchcase(bucket, pattern) for pattern in settings.log_buckets):
        return False
    rules = event.request.objects("LifecycleConfiguration.Rule")
    days = [days for rule in rules for days in _kept_days(rule, event.time)]
    shortest = min(days, default=settings.minimum_log_bucket_days)
    return shortest < settings.minimum_log_bucket_days and Match(details={"days": shortest})


def _kept_days(rule: Fields, now: datetime) -> list[int]:
    """For how many days objects are kept; nothing where the rule is off, or about other things than their age.

    Old versions may go sooner: logs are written once, so that only what somebody deleted or overwrote has any.
    """
    if rule.text("Status") == "Disabled":
        return []
    days = rule.text("Expiration.Days")
    if days.isdecimal() and len(days) < _MOST_DIGITS:
        return [int(days)]
    end = timestamp(rule.text("Expiration.Date"))
    return [max((end - now).days, 0)] if end else []
