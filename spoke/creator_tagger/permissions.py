"""The IAM actions that the creator tagger's calls need."""

from spoke.creator_tagger.services import SERVICES

# Reads that the tagging API makes for itself: S3 knows only whole tag sets, which it merges.
_MERGES = {
    "s3:PutBucketTagging": "s3:GetBucketTagging",
    "s3:PutJobTagging": "s3:GetJobTagging",
    "s3:PutStorageLensConfigurationTagging": "s3:GetStorageLensConfigurationTagging",
}
# Actions that change more than tags; allowed on these resources only.
_NARROWED = {
    "apigateway:POST": "arn:{partition}:apigateway:*::/tags/*",
    "apigateway:PUT": "arn:{partition}:apigateway:*::/tags/*",
    "codebuild:UpdateFleet": "arn:{partition}:codebuild:*:{account}:fleet/*",
    "codebuild:UpdateProject": "arn:{partition}:codebuild:*:{account}:project/*",
    "codebuild:UpdateReportGroup": "arn:{partition}:codebuild:*:{account}:report-group/*",
}


def api_actions() -> tuple[str, ...]:
    """Return the actions of the Resource Groups Tagging API itself, which know neither resources nor tag conditions."""
    return ("tag:GetResources", "tag:TagResources")


def tag_actions() -> tuple[str, ...]:
    """Return the services' tagging actions, sorted; the role allows them on resources without a creator tag only."""
    needed = {action for service in SERVICES.values() for action in service.actions} - _NARROWED.keys()
    return tuple(sorted(needed | {read for write, read in _MERGES.items() if write in needed}))


def narrowed_actions() -> dict[str, str]:
    """Return the actions that change more than tags: action → the ARN (`{partition}`, `{account}`) it is limited to."""
    return dict(_NARROWED)
