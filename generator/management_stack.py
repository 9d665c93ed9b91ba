"""The management account's template: the hub may read the organization, and nothing else."""

from troposphere import Sub, Template
from troposphere.organizations import ResourcePolicy

from generator.config import Config

_READS = ("organizations:Describe*", "organizations:List*")


def management_stack(config: Config) -> Template:
    """Return the template of the delegation, for people who prefer a stack to `muster deploy`'s registration.

    It goes to the partition's global Region; an organization has one such policy at most.
    """
    template = Template(Description="Muster's delegation: the hub account may read the organization")
    hub = Sub(f"arn:${{AWS::Partition}}:iam::{config.aws.hub_account}:root")
    statement = {
        "Sid": "Muster",
        "Effect": "Allow",
        "Principal": {"AWS": hub},
        "Action": list(_READS),
        "Resource": "*",
    }
    content = {"Version": "2012-10-17", "Statement": [statement]}
    template.add_resource(ResourcePolicy("Delegation", Content=content))
    return template
