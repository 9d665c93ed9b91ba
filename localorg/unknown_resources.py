"""Tags for what does not exist: some of MiniStack's services accept them, AWS's refuse them."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from ministack.services import ec2, rds

from localorg.resource_tags import is_known

Parameters = dict[str, Any]

UNCHECKED_IDS = {"sgr"}  # MiniStack makes a rule's id up at every reading
EC2_NOUNS = {"i": "InstanceID", "vol": "Volume", "sg": "Group", "snap": "Snapshot", "ami": "AMIID", "vpc": "VpcID"}
# Services whose tag call takes any ARN, and the module that knows better.
CREDULOUS = {"athena": "athena", "glue": "glue", "states": "stepfunctions"}


def install() -> None:
    """Put the check before EC2's and RDS's own tag calls."""
    _check_first(ec2, "CreateTags", _missing_in_ec2)
    _check_first(rds, "AddTagsToResource", _missing_in_rds)


def is_missing(arn: str) -> bool:
    """Whether a service that takes any ARN has no such resource."""
    module = CREDULOUS.get(arn.split(":")[2])
    name = arn.rsplit(":", 1)[1].rsplit("/", 1)[-1]
    return module is not None and not is_known(module, arn) and not is_known(module, name)


def _check_first(module: ModuleType, action: str, missing: Callable[[Parameters], Any]) -> None:
    actions = module._ACTION_MAP
    original = actions[action]
    actions[action] = lambda parameters: missing(parameters) or original(parameters)


def _missing_in_ec2(parameters: Parameters) -> Any:
    for identifier in ec2._parse_member_list(parameters, "ResourceId"):
        prefix = identifier.rsplit("-", 1)[0]
        if prefix not in UNCHECKED_IDS and not is_known("ec2", identifier):
            code = f"Invalid{EC2_NOUNS.get(prefix, 'ID')}.NotFound"
            return ec2._error(code, f"The ID '{identifier}' does not exist", 400)
    return None


def _missing_in_rds(parameters: Parameters) -> Any:
    arn = rds._p(parameters, "ResourceName")
    if not arn or is_known("rds", arn):
        return None
    noun = "DBCluster" if ":cluster:" in arn else "DBInstance"
    return rds._error(f"{noun}NotFound", f"{arn.rsplit(':', 1)[1]} not found.", 404)
