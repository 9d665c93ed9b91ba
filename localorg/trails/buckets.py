"""Whether CloudTrail may write a trail's logs to a bucket: CloudTrail looks before it makes the trail."""

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_region
from ministack.services import s3

from localorg.answers import ApiError
from localorg.organization import PARTITION

SERVICE = "cloudtrail.amazonaws.com"


class BucketError(ApiError):
    """A bucket that a trail cannot write to."""


def check(bucket: str, owner: str, trail: str) -> None:
    """BucketError unless the bucket's policy lets CloudTrail look at it and write below `AWSLogs/<owner>/`.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    """
    account = s3._bucket_owner_account(bucket)
    if account is None:
        raise BucketError("S3BucketDoesNotExistException", f"S3 bucket {bucket} does not exist!")
    policy = s3._bucket_policies.get_scoped(account, None, bucket)
    arn = f"arn:{PARTITION}:s3:::{bucket}"
    needed = {"s3:GetBucketAcl": arn, "s3:PutObject": f"{arn}/AWSLogs/{owner}/CloudTrail/log.json.gz"}
    if not all(_allows(policy, action, resource, trail) for action, resource in needed.items()):
        message = f"Incorrect S3 bucket policy is detected for bucket: {bucket}"
        raise BucketError("InsufficientS3BucketPolicyException", message)


def _allows(policy: str | None, action: str, resource: str, trail: str) -> bool:
    context = EvalContext(
        principal_arn=SERVICE,
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context={"aws:sourcearn": trail, "s3:x-amz-acl": "bucket-owner-full-control"},
    )
    return bool(evaluate_resource_policy(policy, context, service=SERVICE).decision == "Allow")
