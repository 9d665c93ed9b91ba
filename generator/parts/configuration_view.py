"""AWS Config of the whole organization, seen from the hub."""

from troposphere import AWSObject, GetAtt, Sub
from troposphere.config import ConfigurationAggregator, OrganizationAggregationSource
from troposphere.iam import Role

from generator.config import Config
from generator.parts.function import regional_name, trusted


def configuration_view(config: Config) -> list[AWSObject]:
    """Return the aggregator of every account in the settings' Regions, and the role under which it lists accounts."""
    name = f"{config.aws.prefix}-config-view"
    role = Role(
        "ConfigViewRole",
        RoleName=regional_name(name),
        AssumeRolePolicyDocument=trusted("config"),
        ManagedPolicyArns=[Sub("arn:${AWS::Partition}:iam::aws:policy/service-role/AWSConfigRoleForOrganizations")],
    )
    source = OrganizationAggregationSource(RoleArn=GetAtt(role, "Arn"), AwsRegions=list(config.regions))
    view = ConfigurationAggregator("ConfigView", ConfigurationAggregatorName=name, OrganizationAggregationSource=source)
    return [role, view]
