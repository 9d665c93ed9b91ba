"""Whether the world gets through to a database with a public address."""

import re
from typing import Any

from contract.finding import Severity
from hub.lookups.lookup import Answer, Clients, Lookup, NotYetError, Question, confirmed, refuted, undecided
from hub.lookups.security_group import lets_world_in

# RDS guide, "DB instance status": creating, modifying, configuring-log-exports … what was asked for is not yet so.
_BECOMING = re.compile(r"[a-z]+ing(-.*)?")


def public_database(question: Question, clients: Clients) -> Answer:
    """Answer by the database as it is, then by the rules of its security groups."""
    found = _described(question, clients("rds"))
    if not found:
        return undecided(f"there is no database {question.name}")
    is_public = found[0].get("PubliclyAccessible")
    groups = [one["VpcSecurityGroupId"] for one in found[0].get("VpcSecurityGroups", [])]
    if opened := _opened(clients("ec2"), groups) if is_public else []:
        return confirmed(f"its security groups let the Internet in: {', '.join(opened)}", Severity.CRITICAL)
    status = found[0].get("DBInstanceStatus") or found[0].get("Status", "")
    if _BECOMING.fullmatch(status):
        raise NotYetError(f"{question.name} is still {status}")
    if is_public:
        return confirmed("publicly accessible; none of its security groups lets the whole Internet in")
    return refuted("the database is not publicly accessible")


def _described(question: Question, rds: Any) -> list[dict[str, Any]]:
    if ":cluster:" in question.resource:
        return list(rds.describe_db_clusters(DBClusterIdentifier=question.name)["DBClusters"])
    return list(rds.describe_db_instances(DBInstanceIdentifier=question.name)["DBInstances"])


def _opened(ec2: Any, groups: list[str]) -> list[str]:
    if not groups:
        return []
    filters = [{"Name": "group-id", "Values": groups}]
    rules = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    return sorted({one["GroupId"] for one in rules if lets_world_in(one)})


PUBLIC_DATABASE = Lookup(
    answer=public_database,
    doc="CRITICAL when a security group lets the whole Internet in, closed when it is not publicly accessible",
    actions=("ec2:DescribeSecurityGroupRules", "rds:DescribeDBClusters", "rds:DescribeDBInstances"),
)
