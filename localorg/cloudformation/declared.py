"""Resource types that stacks may declare and that nothing emulates: a stack with them deploys, with a warning."""

import logging
from typing import Any

from ministack.core.responses import get_account_id, get_region, new_uuid

from localorg import organization

log = logging.getLogger("localorg.cloudformation")

# Type → what stands in for it when a template is tested. docs/local-organization.md lists them, and a test compares.
DECLARED = {
    "AWS::AccessAnalyzer::Analyzer": "nothing: no part of the system reads it",
    "AWS::ApplicationAutoScaling::ScalableTarget": "nothing: no part of the system reads it",
    "AWS::Athena::NamedQuery": "the same questions, asked of the same files by DuckDB",
    "AWS::Backup::BackupSelection": "the template test of the vault, plan and role",
    "AWS::Budgets::Budget": "nothing: no part of the system reads it",
    "AWS::CloudFront::VpcOrigin": "the template test of the web stack",
    "AWS::CloudWatch::AnomalyDetector": "nothing: no part of the system reads it",
    "AWS::CloudWatch::CompositeAlarm": "the alarms it is made of",
    "AWS::CloudWatch::InsightRule": "the template test of the guard on spending",
    "AWS::Config::ConfigurationAggregator": "the template test of the view of AWS Config",
    "AWS::EC2::EIP": "nothing: no part of the system reads it",
    "AWS::EC2::FlowLog": "the template test of the network",
    "AWS::EC2::NatGateway": "nothing: no part of the system reads it",
    "AWS::EC2::NetworkAcl": "nothing: no part of the system reads it",
    "AWS::EC2::SecurityGroupEgress": "nothing: no part of the system reads it",
    "AWS::EC2::SecurityGroupIngress": "nothing: no part of the system reads it",
    "AWS::Events::ApiDestination": "channels are called by functions here, not by EventBridge",
    "AWS::Events::Connection": "channels are called by functions here, not by EventBridge",
    "AWS::GuardDuty::Detector": "the replayed findings",
    "AWS::Logs::Delivery": "the template test of the web stack",
    "AWS::Logs::DeliveryDestination": "the template test of the web stack",
    "AWS::Logs::DeliverySource": "the template test of the web stack",
    "AWS::Logs::QueryDefinition": "nothing: people use it in the console",
    "AWS::Organizations::Policy": "the policies that tests attach by the API",
    "AWS::Rbin::Rule": "the template test of the backup part",
    "AWS::ResourceGroups::Group": "nothing: no part of the system reads it",
    "AWS::S3::StorageLens": "nothing: no part of the system reads it",
    "AWS::SSM::Association": "nothing: no part of the system reads it",
    "AWS::SecurityHub::FindingAggregator": "the replayed findings, which arrive in the hub's Region",
    "AWS::SecurityHub::Hub": "the replayed findings",
    "AWS::WAFv2::IPSet": "the template test of the web stack",
    "AWS::WAFv2::LoggingConfiguration": "the template test of the web stack",
    "AWS::WAFv2::WebACLAssociation": "the template test of the web stack",
    "AWS::XRay::SamplingRule": "nothing: no part of the system reads it",
}
ATTRIBUTES = ("AllocationId", "Arn", "DetectorId", "GroupArn", "Id", "SelectionId")


def handler(kind: str) -> dict[str, Any]:
    """MiniStack's handler for a type that is declared only."""

    def create(logical_id: str, _properties: dict[str, Any], stack: str) -> tuple[str, dict[str, str]]:
        log.warning("%s (%s) is declared only: the local organization does not emulate it", kind, logical_id)
        name = f"{stack}-{logical_id}-{new_uuid()[:8]}"
        service = kind.split("::")[1].lower()
        arn = f"arn:{organization.PARTITION}:{service}:{get_region()}:{get_account_id()}:{name}"
        return name, {attribute: arn if attribute.endswith("Arn") else name for attribute in ATTRIBUTES}

    def update(physical_id: str, _old: dict[str, Any], _new: dict[str, Any], _stack: str) -> tuple[str, dict[str, str]]:
        return physical_id, {}

    def delete(_physical_id: str, _properties: dict[str, Any]) -> None:
        """Nothing was made."""

    return {"create": create, "update": update, "delete": delete}
