"""Buckets."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode, Severity
from contract.policy import Policy, policy_of
from contract.resource import ResourceArn
from hub.detections.aws_accounts import LOAD_BALANCER_LOGS
from hub.detections.callers import DAY, principal
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import let_in, shared_with, strangers
from hub.detections.window import Window

_FAMILY = "s3.bucket_policy"
_CIS = "monitoring.bucket_policy_changes"
_BUCKET = ResourceArn("arn:{partition}:s3:::{id}", ("requestParameters.bucketName",))
_ACCESS_POINT = ResourceArn(
    "arn:{partition}:s3:{region}:{account}:accesspoint/{id}", ("requestParameters.name",), fallback=_BUCKET
)
_POLICY_HOLDER = ResourceArn(_BUCKET.template, _BUCKET.paths, fallback=_ACCESS_POINT)
_POLICIES = calls("s3", "PutBucketPolicy", "PutAccessPointPolicy")
_PUBLIC_ACLS = {"public-read", "public-read-write", "authenticated-read"}
_PUBLIC_GROUPS = ("/global/AllUsers", "/global/AuthenticatedUsers")
_SSE_C = "x-amz-server-side-encryption-customer-algorithm"
_SSE_KMS = "x-amz-server-side-encryption-aws-kms-key-id"
_WRITES = calls("s3", "PutObject", "CopyObject", "CreateMultipartUpload")
_BUCKET_TYPE = "AWS::S3::Bucket"
_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
# A bucket's objects are rewritten one by one: one finding tells of all.
_ONCE_A_DAY = Window(
    by=lambda event: [f"{caller} {event.request.text('bucketName')}" for caller in principal(event)], seconds=DAY
)
_GRANTS = ("read", "write", "read-acp", "write-acp", "full-control")


@detection(
    title="Bucket {resource} of account {account} lets everybody in by its policy",
    severity=Severity.CRITICAL,
    api_calls=_POLICIES,
    resource=_POLICY_HOLDER,
    family=_FAMILY,
    attack="T1530",
    cis=_CIS,
    lookup="bucket_policy",
)
def bucket_policy_public(event: CloudTrailEvent) -> bool:
    """The policy allows everyone, and no condition narrows it. A look-up closes it where Block Public Access holds.

    False positives: static websites.
    Response: remove the statement now, or switch Block Public Access on; then read the access logs or data events for
    foreign readers, and tell the data's owner.
    """
    return any(policy.is_public for policy in _policies(event))


def _policies(event: CloudTrailEvent) -> list[Policy]:
    """A bucket's policy stands under one name, beside an empty text under the other; an access point's under that."""
    return [policy_of(event.request.get(name)) for name in ("bucketPolicy", "policy")]


@detection(
    title="Bucket {resource} of account {account} opened to {with} by its policy",
    severity=Severity.HIGH,
    api_calls=_POLICIES,
    resource=_POLICY_HOLDER,
    family=_FAMILY,
    attack="T1537",
    cis=_CIS,
)
def bucket_policy_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """An account outside the organization may use the bucket; load balancers' logs, which AWS writes, are not meant.

    False positives: partners and vendors, until trusted_accounts names their accounts; logs of other AWS services that
    still write from accounts of their own.
    Response: ask the bucket's owner. Otherwise take the statement out (S3 console, Permissions, Bucket policy), and
    read the bucket's access log or data events for what the account fetched meanwhile.
    """
    found = [let_in(policy, event, settings, LOAD_BALANCER_LOGS) for policy in _policies(event)]
    return shared_with([who for each in found for who in each])


@detection(
    title="Bucket {resource} of account {account} is replicated to {with}",
    severity=Severity.HIGH,
    api_calls=calls("s3", "PutBucketReplication"),
    resource=_BUCKET,
    family=_FAMILY,
    attack="T1537",
    cis=_CIS,
)
def replication_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """New objects are copied to a bucket of an account outside the organization; MEDIUM when only the bucket is named.

    False positives: copies within an account, whose calls rarely name it: the name of the bucket tells.
    Response: see who owns the other bucket (S3 console, Management, Replication rules). If nobody knows it, delete the
    rule, treat what was written since as read, and look for a batch job that copied the older objects (CreateJob).
    """
    targets = event.request.objects("ReplicationConfiguration.Rule.Destination")
    found = strangers([target.text("Account") for target in targets], event, settings)
    if found:
        return shared_with(found)
    unnamed = [target.text("Bucket") for target in targets if not target.text("Account")]
    return Match(severity=Severity.MEDIUM, details={"with": ", ".join(unnamed)}) if unnamed else False


def _grantees(event: CloudTrailEvent) -> list[str]:
    listed = event.request.texts("AccessControlPolicy.AccessControlList.Grant.Grantee.URI")
    sent = [text for grant in _GRANTS for text in event.request.texts(f"accessControlList.x-amz-grant-{grant}")]
    headers = [text for grant in _GRANTS for text in event.request.texts(f"x-amz-grant-{grant}")]
    return [*listed, *sent, *headers]


@detection(
    title="Bucket {resource} of account {account} lets everybody in by its ACL",
    severity=Severity.HIGH,
    api_calls=calls("s3", "PutBucketAcl", "CreateBucket"),
    resource=_BUCKET,
    family=_FAMILY,
    attack="T1530",
    cis=_CIS,
    lookup="bucket_acl",
)
def bucket_acl_public(event: CloudTrailEvent) -> bool:
    """An ACL grants everyone, or everyone with an AWS account, access to the bucket; closed where it has no effect.

    False positives: none that a bucket policy would not serve better.
    Response: make the ACL private (s3:PutBucketAcl) and switch ACLs off (bucket owner enforced) and Block Public Access
    on. Read the access logs or data events for foreign readers, and tell the data's owner.
    """
    canned = event.request.texts("x-amz-acl") + event.request.texts("accessControlList.x-amz-acl")
    has_group = any(group in grantee for grantee in _grantees(event) for group in _PUBLIC_GROUPS)
    return bool(_PUBLIC_ACLS & set(canned)) or has_group


@detection(
    title="Access configuration of bucket {resource} of account {account} changed ({eventName})",
    severity=Severity.LOW,
    api_calls=calls(
        "s3",
        "PutBucketAcl",
        "PutBucketPolicy",
        "PutBucketCors",
        "PutBucketLifecycle",
        "PutBucketReplication",
        "DeleteBucketPolicy",
        "DeleteBucketCors",
        "DeleteBucketLifecycle",
        "DeleteBucketReplication",
    ),
    resource=_BUCKET,
    family=_FAMILY,
    mode=Mode.MONITOR,
    attack="T1530",
    cis=_CIS,
)
def bucket_policy_changed(_event: CloudTrailEvent) -> bool:
    """A bucket's policy, ACL, CORS, lifecycle or replication changed (the list is CIS's metric filter).

    False positives: infrastructure as code.
    Response: only in an investigation: it is the trace of who opened what.
    """
    return True


@detection(
    title="Block Public Access of {resource} in account {account} removed or weakened",
    severity=Severity.HIGH,
    api_calls=calls(
        "s3",
        "PutBucketPublicAccessBlock",
        "DeleteBucketPublicAccessBlock",
        "PutAccountPublicAccessBlock",
        "DeleteAccountPublicAccessBlock",
        "PutAccessPointPublicAccessBlock",
    ),
    resource=_POLICY_HOLDER,
    attack="T1562.001",
    cis=_CIS,
)
def public_access_block_weakened(event: CloudTrailEvent) -> bool | Match:
    """The guard that keeps policies and ACLs from being public was lifted; CRITICAL for the whole account.

    False positives: static websites.
    Response: switch all four blocks on again (s3:PutPublicAccessBlock, for an account s3control's). Then look for
    policies and ACLs that became public meanwhile (IAM Access Analyzer lists them), and ask the actor which bucket was
    meant.
    """
    blocks = (f"PublicAccessBlockConfiguration.{block}" for block in _BLOCKS)
    if event.name.startswith("Put") and all(event.request.is_true(block) for block in blocks):
        return False
    return Match(severity=Severity.CRITICAL) if "Account" in event.name else True


@detection(
    title="Versioning of bucket {resource} of account {account} suspended, or its MFA delete disabled",
    severity=Severity.MEDIUM,
    api_calls=calls("s3", "PutBucketVersioning"),
    resource=_BUCKET,
    attack="T1490",
)
def versioning_suspended(event: CloudTrailEvent) -> bool:
    """Old versions are no longer kept: what is overwritten or deleted from now on cannot be brought back.

    False positives: buckets of short-lived files.
    Response: enable versioning again (s3:PutBucketVersioning). List what was deleted or overwritten since from data
    events or an inventory, and ask the actor: this comes before deleting a bucket's content.
    """
    status = event.request.text("VersioningConfiguration.Status")
    is_suspended = bool(status) and status != "Enabled"
    return is_suspended or event.request.text("VersioningConfiguration.MfaDelete") == "Disabled"


@detection(
    title="Access logging of bucket {resource} of account {account} switched off",
    severity=Severity.MEDIUM,
    api_calls=calls("s3", "PutBucketLogging"),
    resource=_BUCKET,
    attack="T1562.008",
)
def logging_disabled(event: CloudTrailEvent) -> bool:
    """Who reads the bucket is no longer written down.

    False positives: buckets whose data events a trail records.
    Response: switch it on again (s3:PutBucketLogging), or check that a trail records the bucket's objects. For the time
    between nobody can say who read what.
    """
    return "bucketName" in event.request and "BucketLoggingStatus.LoggingEnabled" not in event.request


@detection(
    title="Default encryption of bucket {resource} of account {account} deleted",
    severity=Severity.MEDIUM,
    api_calls=calls("s3", "DeleteBucketEncryption"),
    resource=_BUCKET,
    attack="T1486",
)
def encryption_removed(_event: CloudTrailEvent) -> bool:
    """New objects fall back to S3's own keys (since 2023); the protection by a customer key is lost.

    False positives: none known.
    Response: set the default encryption with the customer key again (s3:PutBucketEncryption). Objects written meanwhile
    keep S3's own key: copy them on to themselves to encrypt them anew.
    """
    return True


@detection(
    title="Bucket {resource} of account {account} encrypts new objects with a key of {with}",
    severity=Severity.HIGH,
    api_calls=calls("s3", "PutBucketEncryption"),
    resource=_BUCKET,
    attack="T1486",
)
def encryption_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """The default encryption uses a KMS key of an account outside the organization, whose owner can lock objects away.

    Every writer encrypts with that key from now on, without knowing it, and nothing else in the logs shows it.

    False positives: buckets that are filled for a partner, until trusted_accounts names their accounts.
    Response: set the default encryption to a key of your own (s3:PutBucketEncryption) at once. Copy what was written
    meanwhile on to itself to encrypt it anew while the key still answers, and end the actor's sessions.
    """
    path = "ServerSideEncryptionConfiguration.Rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID"
    return shared_with(strangers(event.request.texts(path), event, settings))


@detection(
    title="Object ownership of bucket {resource} of account {account} set back to ACLs",
    severity=Severity.MEDIUM,
    api_calls=calls("s3", "PutBucketOwnershipControls", "DeleteBucketOwnershipControls"),
    resource=_BUCKET,
    attack="T1562.001",
)
def object_lock_or_ownership_weakened(event: CloudTrailEvent) -> bool:
    """ACLs count again, and so objects may belong to whoever wrote them, or become public one by one.

    False positives: log delivery by old services that need ACLs.
    Response: enforce bucket-owner ownership again (s3:PutBucketOwnershipControls). Look for objects whose ACL was set
    meanwhile: each may be public by itself.
    """
    ownership = event.request.text("OwnershipControls.Rule.ObjectOwnership")
    return event.name.startswith("Delete") or ownership != "BucketOwnerEnforced"


@detection(
    title="Bucket {resource} of account {account} became a static website",
    severity=Severity.MEDIUM,
    api_calls=calls("s3", "PutBucketWebsite"),
    resource=_BUCKET,
    attack="T1491.002",
)
def website_enabled(_event: CloudTrailEvent) -> bool:
    """The bucket answers browsers, as far as its policy lets them read.

    False positives: public websites.
    Response: check that its content is meant for the public. If not, delete the website configuration
    (s3:DeleteBucketWebsite) and look whether a policy or an ACL lets the world read.
    """
    return True


@detection(
    title="Bucket {resource} of account {account} deleted",
    severity=Severity.LOW,
    api_calls=calls("s3", "DeleteBucket"),
    resource=_BUCKET,
    attack="T1485",
)
def bucket_deleted(_event: CloudTrailEvent) -> bool:
    """A bucket was deleted; its name is free for anybody to take.

    False positives: the clean-up of test stacks.
    Response: check that nothing still points to the name: websites, scripts, log deliveries.
    """
    return True


# Data events: only accounts whose trail records objects send them, and of those only what `only` lets through.
@detection(
    title="{actor} encrypted objects of bucket {resource} of account {account} with a key that AWS does not keep",
    severity=Severity.HIGH,
    api_calls=_WRITES,
    resource=_BUCKET,
    only={"requestParameters": {_SSE_C: [{"exists": True}]}},
    window=_ONCE_A_DAY,
    attack="T1486",
)
def ransom_sse_c(event: CloudTrailEvent) -> bool:
    """An object was written with a key of the caller's (SSE-C): without that key nobody reads it again, AWS neither.

    False positives: the few applications that bring their own keys; put their roles into an exclusion.
    Response: disable the actor's keys and revoke their sessions now; suspend lifecycle rules of the bucket, so that
    older versions stay; restore the versions from before, and deny SSE-C in the bucket's policy.
    """
    return _SSE_C in event.request


@detection(
    title="{actor} encrypted objects of bucket {resource} of account {account} with a stranger's key",
    severity=Severity.HIGH,
    api_calls=_WRITES,
    resource=_BUCKET,
    window=_ONCE_A_DAY,
    only={"requestParameters": {_SSE_KMS: [{"prefix": "arn:"}]}},
    attack="T1486",
)
def ransom_foreign_key(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """An object was written with the KMS key of an account outside the organization, whose owner can lock it away.

    What is delivered into the bucket of that same account is not meant.

    False positives: copies that a customer or partner asked for under their own key.
    Response: disable the actor's keys and revoke their sessions now; copy what can still be read back under a key of
    your own; restore older versions of the rest.
    """
    key = event.request.text(_SSE_KMS)
    owners = [one.text("accountId") for one in event.record.objects("resources") if one.text("type") == _BUCKET_TYPE]
    return Match(details={"key": key}) if strangers([key], event, settings, owners) else False
