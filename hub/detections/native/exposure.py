"""What Access Analyzer, Macie and Inspector find: open to others, sensitive, vulnerable."""

from collections.abc import Sequence

from contract.finding import Mode, Severity
from hub.detections.native.event import NativeEvent
from hub.detections.native.feed import Report, feed
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import NAMED, outsiders, owner_of

_SEVERE = ("CRITICAL", "HIGH")
_ENDED = ("CLOSED", "SUPPRESSED")
_PUBLIC_BUCKET = "Policy:IAMUser/S3BucketPublic"
_INSTANCE = "arn:{partition}:ec2:{region}:{account}:instance/{id}"


def _named(severity: str) -> Severity | None:
    return Severity.__members__.get(severity.upper())


@feed(
    title="{said}",
    severity=Severity.MEDIUM,
    product="IAM Access Analyzer",
    detail_types=("Access Analyzer Finding",),
    in_security_hub=True,
    attack="T1530",
)
def access_analyzer(event: NativeEvent, settings: DetectionSettings) -> Report:
    """A policy lets somebody outside the organization, or everybody, use a resource; IAM Access Analyzer proved it.

    What an account's own analyzer says of the organization's other accounts, and of trusted ones, is only stored.
    False positives: buckets that are meant for the public; partners' accounts with a contract. Archive them by a rule
    of the analyzer.
    Response: open the finding in IAM, Access Analyzer: it names the resource, the principal and the actions. If nobody
    wants it, remove the statement from the resource's policy or the share (for a bucket: block public access), and look
    in CloudTrail, and in S3's data events where they are logged, for who used it meanwhile. The finding resolves itself
    minutes later.
    """
    detail = event.detail
    is_public = detail.is_true("isPublic")
    strangers = outsiders(detail.texts("principal.AWS"), event.account, settings)
    return Report(
        # The event that a finding was deleted names it in the envelope only, and says no status.
        key=detail.text("id") or event.id,
        said=_shared(event, strangers, is_public=is_public),
        severity=_severity(event, strangers, is_public=is_public),
        is_over=detail.is_true("isDeleted") or detail.text("status") != "ACTIVE",
        resources=event.arns(("resource", "")),
        updated_at=detail.get("updatedAt"),
        first_seen=detail.get("createdAt"),
        details={
            "resource_type": detail.text("resourceType"),
            "principal": ", ".join(detail.texts("principal.AWS") + detail.texts("principal.Federated")),
            "action": ", ".join(detail.texts("action")),
            "error": detail.text("error"),
            NAMED: strangers,
        },
    )


def _severity(event: NativeEvent, strangers: Sequence[str], *, is_public: bool) -> Severity | None:
    if is_public:
        return Severity.HIGH
    if "error" in event.detail:
        return Severity.LOW
    return Severity.INFORMATIONAL if not strangers and _is_among_accounts(event) else None


def _is_among_accounts(event: NativeEvent) -> bool:
    """Whether only accounts are let in, none of them unnamed: identity providers and canonical users have no owner."""
    principals = event.detail.texts("principal.AWS")
    return bool(principals) and [*event.detail.get("principal")] == ["AWS"] and all(map(owner_of, principals))


def _shared(event: NativeEvent, strangers: Sequence[str], *, is_public: bool) -> str:
    resource = event.detail.text("resource") or "a resource"
    if error := event.detail.text("error"):
        return f"Access Analyzer could not analyze {resource}: {error}"
    others = f"account {', '.join(strangers)}" if strangers else "another account"
    return f"{resource} is open to {'everybody' if is_public else others}"


@feed(
    title="Macie: {said}",
    severity=Severity.MEDIUM,
    product="Macie",
    detail_types=("Macie Finding",),
    in_security_hub=True,
    attack="T1530",
)
def macie(event: NativeEvent) -> Report:
    """Macie found sensitive data in a bucket, or a bucket that became public, shared or unencrypted.

    False positives: test data that looks like people's; buckets that are meant for it.
    Response: open the finding in Macie. A policy finding: close the bucket (block public access, bucket policy) and see
    in CloudTrail who opened it. Sensitive data: ask the owner whether it belongs there; restrict the bucket, encrypt
    it, delete what must not be kept, and replace credentials that lay in it.
    """
    detail = event.detail
    kind = detail.text("type")
    return Report(
        key=detail.text("id"),
        said=detail.text("title") or kind,
        severity=Severity.HIGH if kind == _PUBLIC_BUCKET else _named(detail.text("severity.description")),
        is_over=detail.is_true("archived"),
        resources=event.arns(
            ("resourcesAffected.s3Bucket.arn", ""),
            ("resourcesAffected.s3Bucket.name", "arn:{partition}:s3:::{id}"),
            ("resourcesAffected.s3Object.path", "arn:{partition}:s3:::{id}"),
        ),
        updated_at=detail.get("updatedAt"),
        first_seen=detail.get("createdAt"),
        details={
            "type": kind,
            "category": detail.text("category"),
            "description": detail.text("description"),
            "count": detail.text("count"),
        },
    )


@feed(
    title="Inspector: {said}",
    severity=Severity.HIGH,
    product="Inspector",
    detail_types=("Inspector2 Finding",),
    # One that was high may have another severity when it ends.
    only=({"severity": list(_SEVERE)}, {"status": list(_ENDED)}),
    in_security_hub=True,
    mode=Mode.MONITOR,
    attack="T1190",
)
def inspector2(event: NativeEvent) -> Report | None:
    """Inspector found a critical or high vulnerability, or an open port, in an instance, image or function.

    False positives: packages that are installed and never run; findings whose fix is not out yet.
    Response: begin with those that have an exploit (`exploit`) and a fix (`fix`), on what the internet reaches. Update
    the packages, rebuild the image or redeploy the function; close a port that nobody needs. The finding closes itself
    after the next scan. It is stored and not told, because a fleet has thousands: set mode to live to hear of each.
    """
    detail = event.detail
    is_severe, is_over = detail.text("severity") in _SEVERE, detail.text("status") in _ENDED
    if not (is_severe or is_over):
        return None
    return Report(
        key=detail.text("findingArn"),
        said=detail.text("title") or detail.text("type"),
        severity=_named(detail.text("severity")),
        is_over=is_over,
        is_minor=not is_severe,
        resources=event.arns(("resources[].id", _INSTANCE)),
        updated_at=detail.get("updatedAt"),
        first_seen=detail.get("firstObservedAt"),
        details={
            "type": detail.text("type"),
            "vulnerability": detail.text("packageVulnerabilityDetails.vulnerabilityId"),
            "score": detail.text("inspectorScore"),
            "exploit": detail.text("exploitAvailable"),
            "fix": detail.text("fixAvailable"),
        },
    )
