"""Whether the world gets into a bucket: what Block Public Access and the bucket's owner leave of a policy or an ACL."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from hub.lookups.lookup import Answer, Clients, Lookup, Question, confirmed, refuted
from hub.lookups.refusals import code_of

_PUBLIC_GROUPS = ("/global/AllUsers", "/global/AuthenticatedUsers")

Block = Mapping[str, bool]


def bucket_policy(question: Question, clients: Clients) -> Answer:
    """Answer by Block Public Access, then by what S3 itself thinks of the policy.

    `RestrictPublicBuckets` holds public policies back whenever they were made (S3 guide, "Blocking public access").
    """
    if ":accesspoint/" in question.resource:
        return _access_point(question, clients)
    s3, bucket = clients("s3"), question.name
    blocks = {"account": _of_account(question, clients), "bucket": _of_bucket(s3, bucket)}
    if held := _holding("RestrictPublicBuckets", blocks):
        return refuted(held)
    status = _unless("NoSuchBucketPolicy", lambda: s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"])
    return _judged("bucket", status)


def _access_point(question: Question, clients: Clients) -> Answer:
    control = clients("s3control")
    place = {"AccountId": question.account, "Name": question.name}
    point = control.get_access_point(**place)
    blocks = {
        "account": _of_account(question, clients),
        "access point": point.get("PublicAccessBlockConfiguration", {}),
    }
    if held := _holding("RestrictPublicBuckets", blocks):
        return refuted(held)
    if point.get("NetworkOrigin") == "VPC":
        return refuted("only a VPC reaches the access point")
    # S3 applies the strictest of the three. Another account's bucket cannot be asked, and nothing is decided then.
    if held := _holding("RestrictPublicBuckets", {"bucket": _of_bucket(clients("s3"), point["Bucket"])}):
        return refuted(held)
    status = _unless("NoSuchAccessPointPolicy", lambda: control.get_access_point_policy_status(**place)["PolicyStatus"])
    return _judged("access point", status)


def bucket_acl(question: Question, clients: Clients) -> Answer:
    """Answer by Block Public Access, then by whether ACLs count, then by the ACL as it is."""
    s3, bucket = clients("s3"), question.name
    blocks = {"account": _of_account(question, clients), "bucket": _of_bucket(s3, bucket)}
    if held := _holding("IgnorePublicAcls", blocks):
        return refuted(held)
    if _ownership(s3, bucket) == "BucketOwnerEnforced":
        return refuted("the bucket's ACL has no effect: its ownership is BucketOwnerEnforced")
    grants = s3.get_bucket_acl(Bucket=bucket)["Grants"]
    public = sorted({one["Permission"] for one in grants if one["Grantee"].get("URI", "").endswith(_PUBLIC_GROUPS)})
    if not public:
        return refuted("the bucket's ACL grants the public nothing any more")
    return confirmed(f"no Block Public Access holds; the ACL grants the public {', '.join(public)}")


def _of_account(question: Question, clients: Clients) -> Block:
    control = clients("s3control")
    return _configured(lambda: control.get_public_access_block(AccountId=question.account))


def _of_bucket(s3: Any, bucket: str) -> Block:
    return _configured(lambda: s3.get_public_access_block(Bucket=bucket))


def _configured(read: Callable[[], Any]) -> Block:
    found = _unless("NoSuchPublicAccessBlockConfiguration", read)
    return dict(found.get("PublicAccessBlockConfiguration", {}))


def _ownership(s3: Any, bucket: str) -> str:
    found = _unless("OwnershipControlsNotFoundError", lambda: s3.get_bucket_ownership_controls(Bucket=bucket))
    rules = found.get("OwnershipControls", {}).get("Rules", [])
    return next((str(one["ObjectOwnership"]) for one in rules), "")


def _holding(setting: str, blocks: Mapping[str, Block]) -> str:
    """Return in words which Block Public Access holds; empty when none does."""
    levels = [level for level, block in blocks.items() if block.get(setting)]
    return f"Block Public Access of the {' and the '.join(levels)} holds ({setting})" if levels else ""


def _judged(what: str, status: Mapping[str, Any]) -> Answer:
    if status.get("IsPublic"):
        return confirmed(f"no Block Public Access holds; S3 calls the policy of the {what} public")
    return refuted(f"S3 does not call the policy of the {what} public" if status else f"the {what} has no policy")


def _unless(absent: str, read: Callable[[], Any]) -> Mapping[str, Any]:
    """Return what was read, or nothing where S3 says by this code that there is nothing."""
    try:
        return dict(read())
    except ClientError as error:
        if code_of(error) != absent:
            raise
        return {}


_BLOCKS = ("s3:GetAccountPublicAccessBlock", "s3:GetBucketPublicAccessBlock")
BUCKET_POLICY = Lookup(
    answer=bucket_policy,
    doc="closed when Block Public Access holds (`RestrictPublicBuckets`) or S3 does not call the policy public",
    actions=(*_BLOCKS, "s3:GetAccessPoint", "s3:GetAccessPointPolicyStatus", "s3:GetBucketPolicyStatus"),
)
BUCKET_ACL = Lookup(
    answer=bucket_acl,
    doc="closed when ACLs are ignored or without effect, or this one grants the public nothing any more",
    actions=(*_BLOCKS, "s3:GetBucketAcl", "s3:GetBucketOwnershipControls"),
)
