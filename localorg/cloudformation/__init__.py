"""CloudFormation: resource types that MiniStack lacks, and stacks that refuse what AWS refuses."""

from ministack.services import s3
from ministack.services.cloudformation import engine, provisioners

from localorg import patches
from localorg.cloudformation import (
    adoption,
    buckets,
    conditions,
    declared,
    differences,
    event_types,
    invoke_configs,
    metric_math,
    permitted,
    ssm_documents,
    stacks,
    tables,
    trails,
    unique,
)


def install() -> None:
    """Register the missing types and put our checks before MiniStack's handlers."""
    patches.require(provisioners, "_provision_resource", 'handler["create"](logical_id, props, stack_name)')
    patches.require(engine, "validate_template_support", "rtype in _RESOURCE_HANDLERS")
    handlers = provisioners._RESOURCE_HANDLERS
    handlers["AWS::DynamoDB::Table"] = tables.handler(handlers["AWS::DynamoDB::Table"], provisioners._physical_name)
    patches.require(s3, "_delete_bucket", 'bucket["objects"] or _bucket_has_versions(name)')
    handlers["AWS::S3::Bucket"] = buckets.handler(handlers["AWS::S3::Bucket"])
    patches.require(provisioners, "_cw_metric_alarm_record", "(metric math) is not supported")
    handlers["AWS::CloudWatch::Alarm"] = metric_math.handler(handlers["AWS::CloudWatch::Alarm"])
    handlers["AWS::CloudTrail::Trail"] = trails.HANDLER
    handlers[ssm_documents.KIND] = ssm_documents.HANDLER
    handlers.update(event_types.handlers(handlers["AWS::Events::Rule"]))
    handlers.update({name: declared.handler(name) for name in declared.DECLARED if name not in handlers})
    handlers.update(unique.strict(handlers))
    handlers.update(permitted.bounded(handlers))
    adoption.install()
    stacks.install()
    conditions.install()
    differences.install()
    invoke_configs.install()
