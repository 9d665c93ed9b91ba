"""Every look-up, by the name that detections call it by."""

from collections.abc import Mapping

from hub.lookups import addresses, ec2, elb, iam, opensearch, rds, s3, security_group, sso, vpc
from hub.lookups.lookup import Lookup

LOOKUPS: Mapping[str, Lookup] = {
    "admin_group": iam.ADMIN_GROUP,
    "admin_port": security_group.ADMIN_PORT,
    "all_ports": security_group.ALL_PORTS,
    "bucket_acl": s3.BUCKET_ACL,
    "bucket_policy": s3.BUCKET_POLICY,
    "credentials_origin": addresses.ORIGIN,
    "joined_networks": vpc.JOINED_NETWORKS,
    "open_domain": opensearch.OPEN_DOMAIN,
    "permission_set": sso.PERMISSION_SET,
    "plain_listener": elb.PLAIN_LISTENER,
    "policy_version": iam.POLICY_VERSION,
    "profile_role": iam.PROFILE_ROLE,
    "public_database": rds.PUBLIC_DATABASE,
    "public_image": ec2.PUBLIC_IMAGE,
    "public_instance": ec2.PUBLIC_INSTANCE,
    "public_snapshot": ec2.PUBLIC_SNAPSHOT,
    "security_group": security_group.SECURITY_GROUP,
}


def lookup_actions() -> list[str]:
    """Return the IAM actions that the look-ups need in an account, sorted."""
    return sorted({action for one in LOOKUPS.values() for action in one.actions})
