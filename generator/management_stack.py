"""The management account's template: the hub may list the organization, and nothing else."""

from troposphere import Sub, Template
from troposphere.organizations import ResourcePolicy

from generator import iam
from generator.config import Config

_READS = (iam.list_accounts(), iam.walk_organization())


def management_stack(config: Config) -> Template:
    """Return the template of the delegation: what the hub's functions ask Organizations, for the hub account.

    It goes to the partition's global Region of the management account, by hand: `muster deploy` has no rights there. An
    organization has one such policy at most.
    """
    template = Template(Description="Muster's delegation: the hub account may read the organization")
    hub = Sub(f"arn:${{AWS::Partition}}:iam::{config.aws.hub_account}:root")
    statement = {
        "Sid": "Muster",
        "Effect": "Allow",
        "Principal": {"AWS": hub},
        "Action": sorted(action for one in _READS for action in one["Action"]),
        "Resource": "*",
    }
    content = {"Version": "2012-10-17", "Statement": [statement]}
    template.add_resource(ResourcePolicy("Delegation", Content=content))
    return template
