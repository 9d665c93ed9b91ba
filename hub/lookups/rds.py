"""Whether the world gets through to a database with a public address."""

from typing import Any

from contract.finding import Severity
from hub.lookups.lookup import Answer, Clients, Lookup, Question, confirmed, refuted, undecided
from hub.lookups.security_group import lets_world_in


def public_database(question: Question, clients: Clients) -> Answer:
    """Answer by the database as it is, then by the rules of its security groups."""
    found = _described(question, clients("rds"))
    if not found:
        return undecided(f"there is no database {question.name}")
    if not found[0].get("PubliclyAccessible"):
        return refuted("the database is not publicly accessible")
    groups = [one["VpcSecurityGroupId"] for one in found[0].get("VpcSecurityGroups", [])]
    if opened := _opened(clients("ec2"), groups):
        return confirmed(f"its security groups let the Internet in: {', '.join(opened)}", Severity.CRITICAL)
    return confirmed("publicly accessible; none of its security groups lets the whole Internet in")


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
    actions=("ec2:DescribeSecurityGroupRules", "rds:DescribeDBClusters", "rds:DescribeDBInstances"),
)
