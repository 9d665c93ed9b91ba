"""What each look-up makes of what it reads."""

from collections.abc import Callable
from typing import Any

import pytest

from contract.finding import Confidence, Severity
from hub.detections.catalogue import DETECTIONS
from hub.lookups.catalogue import LOOKUPS, lookup_actions
from hub.lookups.lookup import Answer, NotYetError, Question
from tests.hub.lookups.conftest import ACCOUNT, REGION, MemberAccount

Ask = Callable[..., Question]

BUCKET = "arn:aws:s3:::shop-invoices"
POINT = f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/invoices"
GROUP = f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/sg-0123456789abcdef0"
INSTANCE = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0123456789abcdef0"
INTERFACE = f"arn:aws:ec2:{REGION}:{ACCOUNT}:network-interface/eni-0123456789abcdef0"
IMAGE = f"arn:aws:ec2:{REGION}::image/ami-0123456789abcdef0"
SNAPSHOT = f"arn:aws:ec2:{REGION}::snapshot/snap-0123456789abcdef0"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/deploy"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
LISTENER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:listener/app/shop/0123456789abcdef/fedcba9876543210"
CLASSIC = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/shop"
DATABASE = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders"
DOMAIN = f"arn:aws:es:{REGION}:{ACCOUNT}:domain/logs"
CLUSTER = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:orders"
ATTACHMENT = f"arn:aws:ec2:{REGION}:{ACCOUNT}:transit-gateway-attachment/tgw-attach-0123456789abcdef0"
PERMISSION_SET = "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
READER = "arn:aws:iam::aws:policy/ReadOnlyAccess"

# IAM answers policies as text.
EVERYTHING = '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
FOR_EVERYBODY = '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "es:ESHttpGet"}]}'
READING = '{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
NO_BLOCK = "NoSuchPublicAccessBlockConfiguration 404"
UNBLOCKED = {"GetPublicAccessBlock": NO_BLOCK}
ALL_USERS = {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}}
OWNER = {"Grantee": {"Type": "CanonicalUser", "ID": "0123456789abcdef"}, "Permission": "FULL_CONTROL"}
INGRESS = {"IsEgress": False, "CidrIpv4": "0.0.0.0/0", "GroupId": "sg-0123456789abcdef0"}
EGRESS = {**INGRESS, "IsEgress": True}


def block(*settings: str) -> dict[str, Any]:
    return {"PublicAccessBlockConfiguration": dict.fromkeys(settings, True)}


def instance(**fields: Any) -> dict[str, Any]:
    return {"Reservations": [{"Instances": [{"State": {"Name": "running"}, **fields}]}]}


def interface(**fields: Any) -> dict[str, Any]:
    return {"NetworkInterfaces": [fields]}


def ownership(kind: str) -> dict[str, Any]:
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": kind}]}}


def interfaces(*public: str, others: int = 0) -> dict[str, Any]:
    found = [{"NetworkInterfaceId": f"eni-{number}"} for number in range(others)]
    return {
        "NetworkInterfaces": [
            *({"NetworkInterfaceId": "eni-public", "Association": {"PublicIp": one}} for one in public),
            *found,
        ]
    }


def group_policies(attached: tuple[str, ...] = (), inline: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "ListAttachedGroupPolicies": {"AttachedPolicies": [{"PolicyArn": one} for one in attached]},
        "ListGroupPolicies": {"PolicyNames": list(inline)},
    }


def role_policies(attached: tuple[str, ...] = (), inline: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "ListAttachedRolePolicies": {"AttachedPolicies": [{"PolicyArn": one} for one in attached]},
        "ListRolePolicies": {"PolicyNames": list(inline)},
    }


def permission_set(attached: tuple[str, ...] = (), own: tuple[str, ...] = (), inline: str = "") -> dict[str, Any]:
    return {
        "DescribePermissionSet": {"PermissionSet": {"Name": "Operators"}},
        "ListManagedPoliciesInPermissionSet": {"AttachedManagedPolicies": [{"Arn": one} for one in attached]},
        "GetInlinePolicyForPermissionSet": {"InlinePolicy": inline},
        "ListCustomerManagedPolicyReferencesInPermissionSet": {
            "CustomerManagedPolicyReferences": [{"Name": one} for one in own]
        },
    }


def database(kind: str = "DBInstances", **fields: Any) -> dict[str, Any]:
    groups = [{"VpcSecurityGroupId": "sg-0123456789abcdef0"}]
    return {kind: [{"PubliclyAccessible": True, "VpcSecurityGroups": groups, **fields}]}


CONFIRMED, REFUTED, UNCONFIRMED = Confidence.CONFIRMED, Confidence.REFUTED, Confidence.UNCONFIRMED
VERSION = {"facts": {"version": ["v2"]}}
ADMINS = {"facts": {"group": ["admins"]}}
CHANGED = {"facts": {"rules": ["sgr-0123456789abcdef0"]}}
ASSIGNED = {"facts": {"instance": ["arn:aws:sso:::instance/ssoins-0123456789abcdef"]}}
PROFILE = {"facts": {"name": ["web"]}}
PROFILED = {"GetInstanceProfile": {"InstanceProfile": {"Roles": [{"RoleName": "web"}]}}}
SET_TO_V3 = {"GetPolicy": {"Policy": {"DefaultVersionId": "v3"}}}

INSTANCE_CALL = "arn:aws:sts::444455556666:assumed-role/web/i-0123456789abcdef0"
LEAVING = {
    "DescribeAddresses": {"Addresses": [{"PublicIp": "198.51.100.7"}, {"AllocationId": "eipalloc-0123456789abcdef0"}]},
    "DescribeNatGateways": {"NatGateways": [{"NatGatewayAddresses": [{"PublicIp": "198.51.100.8"}]}]},
}


def called_from(address: str) -> dict[str, Any]:
    return {"facts": {"address": [address]}}


# Look-up, resource, further parts of the question, what the account answers; then the answer.
CASES: dict[str, tuple[str, str, dict[str, Any], dict[str, Any], Answer]] = {
    "a call from the Internet": (
        *("credentials_origin", INSTANCE_CALL, called_from("203.0.113.77"), LEAVING),
        Answer("203.0.113.77 is neither an address of the account's own nor of EC2", CONFIRMED),
    ),
    "a call through the account's gateway": (
        *("credentials_origin", INSTANCE_CALL, called_from("198.51.100.8"), LEAVING),
        Answer("198.51.100.8 is an address of the account's own", REFUTED),
    ),
    "a call from EC2": (
        *("credentials_origin", INSTANCE_CALL, called_from("192.0.2.200"), LEAVING),
        Answer("192.0.2.200 is an address of EC2", REFUTED),
    ),
    "a public policy": (
        *("bucket_policy", BUCKET, {}, {**UNBLOCKED, "GetBucketPolicyStatus": {"PolicyStatus": {"IsPublic": True}}}),
        Answer("no Block Public Access holds; S3 calls the policy of the bucket public", CONFIRMED),
    ),
    "a policy behind the account's block": (
        *("bucket_policy", BUCKET, {}),
        {"s3control_GetPublicAccessBlock": block("RestrictPublicBuckets"), "s3_GetPublicAccessBlock": NO_BLOCK},
        Answer("Block Public Access of the account holds (RestrictPublicBuckets)", REFUTED),
    ),
    "a policy behind both blocks": (
        *("bucket_policy", BUCKET, {}, {"GetPublicAccessBlock": block("RestrictPublicBuckets")}),
        Answer("Block Public Access of the account and the bucket holds (RestrictPublicBuckets)", REFUTED),
    ),
    "a policy that only later ones would be refused beside": (
        *("bucket_policy", BUCKET, {}),
        {
            "GetPublicAccessBlock": block("BlockPublicPolicy", "IgnorePublicAcls"),
            "GetBucketPolicyStatus": {"PolicyStatus": {"IsPublic": True}},
        },
        Answer("no Block Public Access holds; S3 calls the policy of the bucket public", CONFIRMED),
    ),
    "a policy that S3 finds narrow": (
        *("bucket_policy", BUCKET, {}, {**UNBLOCKED, "GetBucketPolicyStatus": {"PolicyStatus": {"IsPublic": False}}}),
        Answer("S3 does not call the policy of the bucket public", REFUTED),
    ),
    "a policy that is gone again": (
        *("bucket_policy", BUCKET, {}, {**UNBLOCKED, "GetBucketPolicyStatus": "NoSuchBucketPolicy 404"}),
        Answer("the bucket has no policy", REFUTED),
    ),
    "a public access point": (
        *("bucket_policy", POINT, {}),
        {
            **UNBLOCKED,
            "GetAccessPoint": {"Bucket": "shop-invoices", "NetworkOrigin": "Internet", **block("BlockPublicAcls")},
            "GetAccessPointPolicyStatus": {"PolicyStatus": {"IsPublic": True}},
        },
        Answer("no Block Public Access holds; S3 calls the policy of the access point public", CONFIRMED),
    ),
    "an access point behind its own block": (
        *("bucket_policy", POINT, {}, {**UNBLOCKED, "GetAccessPoint": block("RestrictPublicBuckets")}),
        Answer("Block Public Access of the access point holds (RestrictPublicBuckets)", REFUTED),
    ),
    "an access point behind its bucket's block": (
        *("bucket_policy", POINT, {}),
        {
            "s3control_GetPublicAccessBlock": NO_BLOCK,
            "s3_GetPublicAccessBlock": block("RestrictPublicBuckets"),
            "GetAccessPoint": {"Bucket": "shop-invoices"},
        },
        Answer("Block Public Access of the bucket holds (RestrictPublicBuckets)", REFUTED),
    ),
    "an access point of a VPC": (
        *("bucket_policy", POINT, {}, {**UNBLOCKED, "GetAccessPoint": {"NetworkOrigin": "VPC"}}),
        Answer("only a VPC reaches the access point", REFUTED),
    ),
    "an access point without a policy": (
        *("bucket_policy", POINT, {}),
        {
            **UNBLOCKED,
            "GetAccessPoint": {"Bucket": "shop-invoices"},
            "GetAccessPointPolicyStatus": "NoSuchAccessPointPolicy 404",
        },
        Answer("the access point has no policy", REFUTED),
    ),
    "a public ACL": (
        *("bucket_acl", BUCKET, {}),
        {
            **UNBLOCKED,
            "GetBucketOwnershipControls": ownership("BucketOwnerPreferred"),
            "GetBucketAcl": {"Grants": [OWNER, {**ALL_USERS, "Permission": "READ"}]},
        },
        Answer("no Block Public Access holds; the ACL grants the public READ", CONFIRMED),
    ),
    "a public ACL of a bucket without ownership controls": (
        *("bucket_acl", BUCKET, {}),
        {
            **UNBLOCKED,
            "GetBucketOwnershipControls": "OwnershipControlsNotFoundError 404",
            "GetBucketAcl": {"Grants": [{**ALL_USERS, "Permission": name} for name in ("WRITE", "READ")]},
        },
        Answer("no Block Public Access holds; the ACL grants the public READ, WRITE", CONFIRMED),
    ),
    "an ACL that is ignored": (
        *("bucket_acl", BUCKET, {}),
        {"s3control_GetPublicAccessBlock": NO_BLOCK, "s3_GetPublicAccessBlock": block("IgnorePublicAcls")},
        Answer("Block Public Access of the bucket holds (IgnorePublicAcls)", REFUTED),
    ),
    "an ACL that has no effect": (
        *("bucket_acl", BUCKET, {}),
        {**UNBLOCKED, "GetBucketOwnershipControls": ownership("BucketOwnerEnforced")},
        Answer("the bucket's ACL has no effect: its ownership is BucketOwnerEnforced", REFUTED),
    ),
    "an ACL that is private again": (
        *("bucket_acl", BUCKET, {}),
        {
            **UNBLOCKED,
            "GetBucketOwnershipControls": ownership("ObjectWriter"),
            "GetBucketAcl": {"Grants": [OWNER]},
        },
        Answer("the bucket's ACL grants the public nothing any more", REFUTED),
    ),
    "a group that nothing carries": (
        *("admin_port", GROUP, {}, {"DescribeNetworkInterfaces": interfaces()}),
        Answer("the rule stands, but nothing carries the group yet", CONFIRMED),
    ),
    "all ports of a group that nothing carries": (
        *("all_ports", GROUP, {}, {"DescribeNetworkInterfaces": interfaces()}),
        Answer("the rule stands, but nothing carries the group yet", CONFIRMED, Severity.HIGH),
    ),
    "an administration port of a group that something carries": (
        *("admin_port", GROUP, {}, {"DescribeNetworkInterfaces": interfaces("192.0.2.7", others=1)}),
        Answer(
            "attached to 2 network interfaces: eni-public, eni-0; public addresses: 192.0.2.7",
            *(CONFIRMED, Severity.CRITICAL),
        ),
    ),
    "another port of a group that much carries": (
        *("security_group", GROUP, {}, {"DescribeNetworkInterfaces": interfaces(others=7)}),
        Answer("attached to 7 network interfaces: eni-0, eni-1, eni-2, eni-3, eni-4 and 2 more", CONFIRMED),
    ),
    "changed rules that let the world out": (
        *("admin_port", GROUP, CHANGED, {"DescribeSecurityGroupRules": {"SecurityGroupRules": [EGRESS]}}),
        Answer("the changed rules let the world out, not in, or are changed again", REFUTED),
    ),
    "changed rules of which one lets the world in": (
        *("security_group", GROUP, CHANGED),
        {
            "DescribeSecurityGroupRules": {"SecurityGroupRules": [EGRESS, INGRESS]},
            "DescribeNetworkInterfaces": interfaces(others=1),
        },
        Answer("attached to 1 network interface: eni-0", CONFIRMED),
    ),
    "a group that has only a name": (
        *("security_group", GROUP.replace("sg-0123456789abcdef0", "web"), {}, {}),
        Answer("the event does not say the group's id", UNCONFIRMED),
    ),
    "an instance with a public address": (
        *("public_instance", INSTANCE, {}),
        {"DescribeInstances": instance(PublicIpAddress="192.0.2.7", SecurityGroups=[{"GroupId": "sg-1"}])},
        Answer("public address 192.0.2.7; security groups: sg-1", CONFIRMED),
    ),
    "an instance with a public address on a further interface": (
        *("public_instance", INSTANCE, {}),
        {
            "DescribeInstances": instance(
                NetworkInterfaces=[
                    {"PrivateIpAddresses": [{}, {"Association": {"PublicIp": "192.0.2.8"}}]},
                    {"PrivateIpAddresses": [{"Association": {"PublicIp": "192.0.2.7"}}]},
                ]
            )
        },
        Answer("public address 192.0.2.7, 192.0.2.8; security groups: none", CONFIRMED),
    ),
    "an instance without a public address": (
        *("public_instance", INSTANCE, {}, {"DescribeInstances": instance()}),
        Answer("the instance has no public address", REFUTED),
    ),
    "an address at the network interface of an instance": (
        *("public_instance", INTERFACE, {}),
        {
            "DescribeNetworkInterfaces": interface(
                Attachment={"InstanceId": "i-1"},
                Groups=[{"GroupId": "sg-1"}],
                PrivateIpAddresses=[{"Association": {"PublicIp": "192.0.2.7"}}],
            )
        },
        Answer("public address 192.0.2.7 on i-1; security groups: sg-1", CONFIRMED),
    ),
    "a network interface that has lost its address": (
        *("public_instance", INTERFACE, {}, {"DescribeNetworkInterfaces": interface(PrivateIpAddresses=[{}])}),
        Answer("the network interface has no public address", REFUTED),
    ),
    "an address for no instance": (
        *("public_instance", f"arn:aws:iam::{ACCOUNT}:root", {}, {}),
        Answer("the event names no instance", UNCONFIRMED),
    ),
    "a snapshot that the account keeps private": (
        *("public_snapshot", SNAPSHOT, {}, {"GetSnapshotBlockPublicAccessState": {"State": "block-all-sharing"}}),
        Answer(f"the account keeps every snapshot in {REGION} private (block-all-sharing)", REFUTED),
    ),
    "a snapshot that was public before the block": (
        *("public_snapshot", SNAPSHOT, {}, {"GetSnapshotBlockPublicAccessState": {"State": "block-new-sharing"}}),
        Answer(
            f"the account's block of public snapshots in {REGION} does not hold it back (block-new-sharing)", CONFIRMED
        ),
    ),
    "a public image": (
        *("public_image", IMAGE, {}, {"DescribeImages": {"Images": [{"Public": True}]}}),
        Answer("EC2 shows it to everybody", CONFIRMED),
    ),
    "an image that is private again": (
        *("public_image", IMAGE, {}, {"DescribeImages": {"Images": [{"Public": False}]}}),
        Answer("EC2 does not call it public", REFUTED),
    ),
    "an image that is gone": (
        *("public_image", IMAGE, {}, {"DescribeImages": {"Images": []}}),
        Answer("EC2 does not know ami-0123456789abcdef0", UNCONFIRMED),
    ),
    "a version that makes administrators": (
        *("policy_version", POLICY, VERSION, {"GetPolicyVersion": {"PolicyVersion": {"Document": EVERYTHING}}}),
        Answer("version v2 grants administrator rights", CONFIRMED, Severity.HIGH),
    ),
    "a narrow version": (
        *("policy_version", POLICY, VERSION, {"GetPolicyVersion": {"PolicyVersion": {"Document": READING}}}),
        Answer("version v2 grants no administrator rights", CONFIRMED),
    ),
    "a group of administrators": (
        *("admin_group", USER, ADMINS, group_policies((ADMINISTRATOR, READER))),
        Answer(f"the group's {ADMINISTRATOR} grants administrator rights", CONFIRMED, Severity.HIGH),
    ),
    "a group with an administrator policy of the account's own": (
        *("admin_group", USER, ADMINS),
        {
            **group_policies((POLICY,)),
            **SET_TO_V3,
            "GetPolicyVersion": {"PolicyVersion": {"Document": EVERYTHING}},
        },
        Answer(f"the group's {POLICY} grants administrator rights", CONFIRMED, Severity.HIGH),
    ),
    "a group with a wide inline policy": (
        *("admin_group", USER, ADMINS),
        {**group_policies(inline=("all",)), "GetGroupPolicy": {"PolicyDocument": EVERYTHING}},
        Answer("the group's all grants administrator rights", CONFIRMED, Severity.HIGH),
    ),
    "a group that may do little": (
        *("admin_group", USER, ADMINS),
        {
            **group_policies((READER, POLICY), ("files",)),
            **SET_TO_V3,
            "GetPolicyVersion": {"PolicyVersion": {"Document": READING}},
            "GetGroupPolicy": {"PolicyDocument": READING},
        },
        Answer(f"no policy of the group grants administrator rights: {READER}, {POLICY}, files", REFUTED),
    ),
    "a group without policies": (
        *("admin_group", USER, ADMINS, group_policies()),
        Answer("no policy of the group grants administrator rights: none", REFUTED),
    ),
    "a listener of a public balancer": (
        *(
            "plain_listener",
            LISTENER,
            {},
            {"DescribeLoadBalancers": {"LoadBalancers": [{"Scheme": "internet-facing"}]}},
        ),
        Answer("the load balancer faces the Internet", CONFIRMED),
    ),
    "a listener of an internal balancer": (
        *("plain_listener", LISTENER, {}, {"DescribeLoadBalancers": {"LoadBalancers": [{"Scheme": "internal"}]}}),
        Answer("the load balancer is internal: only its network reaches it", CONFIRMED, Severity.LOW),
    ),
    "a listener of a classic balancer": (
        *("plain_listener", CLASSIC, {}),
        {"DescribeLoadBalancers": {"LoadBalancerDescriptions": [{"Scheme": "internal"}]}},
        Answer("the load balancer is internal: only its network reaches it", CONFIRMED, Severity.LOW),
    ),
    "a listener of no balancer": (
        *("plain_listener", CLASSIC, {}, {"DescribeLoadBalancers": {"LoadBalancerDescriptions": []}}),
        Answer("there is no load balancer shop", UNCONFIRMED),
    ),
    "a network that is joined to a gateway of another account": (
        *("joined_networks", ATTACHMENT, {}),
        {
            "DescribeTransitGatewayAttachments": {
                "TransitGatewayAttachments": [
                    {"TransitGatewayOwnerId": "777788889999", "ResourceOwnerId": ACCOUNT, "ResourceType": "vpc"}
                ]
            }
        },
        Answer(
            f"the gateway belongs to account 777788889999, the vpc to {ACCOUNT}",
            *(CONFIRMED, Severity.HIGH, ("777788889999",)),
        ),
    ),
    "a network that is joined to the account's own gateway": (
        *("joined_networks", ATTACHMENT, {}),
        {
            "DescribeTransitGatewayAttachments": {
                "TransitGatewayAttachments": [{"TransitGatewayOwnerId": ACCOUNT, "ResourceOwnerId": ACCOUNT}]
            }
        },
        Answer("both sides belong to the account itself", CONFIRMED),
    ),
    "an attachment that is gone": (
        *("joined_networks", ATTACHMENT, {}),
        {"DescribeTransitGatewayAttachments": {"TransitGatewayAttachments": []}},
        Answer("EC2 does not know tgw-attach-0123456789abcdef0", UNCONFIRMED),
    ),
    "an administrator's permission set": (
        *("permission_set", PERMISSION_SET, ASSIGNED, permission_set((READER, ADMINISTRATOR))),
        Answer(f"Operators grants administrator rights: {ADMINISTRATOR}", CONFIRMED, Severity.HIGH),
    ),
    "a permission set whose inline policy is wide": (
        *("permission_set", PERMISSION_SET, ASSIGNED, permission_set(inline=EVERYTHING)),
        Answer("Operators grants administrator rights: its inline policy", CONFIRMED, Severity.HIGH),
    ),
    "a permission set that each account fills": (
        *("permission_set", PERMISSION_SET, ASSIGNED, permission_set((READER,), ("operators",))),
        Answer("Operators grants what each account's own policy says: operators", CONFIRMED),
    ),
    "a reader's permission set": (
        *("permission_set", PERMISSION_SET, ASSIGNED, permission_set((READER,))),
        Answer(f"Operators grants no administrator rights: {READER}", REFUTED),
    ),
    "a database that everybody reaches": (
        *("public_database", DATABASE, {}),
        {"DescribeDBInstances": database(), "DescribeSecurityGroupRules": {"SecurityGroupRules": [EGRESS, INGRESS]}},
        Answer("its security groups let the Internet in: sg-0123456789abcdef0", *(CONFIRMED, Severity.CRITICAL)),
    ),
    "a database behind its groups": (
        *("public_database", CLUSTER, {}),
        {"DescribeDBClusters": database("DBClusters"), "DescribeSecurityGroupRules": {"SecurityGroupRules": [EGRESS]}},
        Answer("publicly accessible; none of its security groups lets the whole Internet in", CONFIRMED),
    ),
    "a database that everybody reaches while it changes": (
        *("public_database", DATABASE, {}),
        {
            "DescribeDBInstances": database(DBInstanceStatus="modifying"),
            "DescribeSecurityGroupRules": {"SecurityGroupRules": [INGRESS]},
        },
        Answer("its security groups let the Internet in: sg-0123456789abcdef0", *(CONFIRMED, Severity.CRITICAL)),
    ),
    "a database that is stopped": (
        *("public_database", DATABASE, {}),
        {"DescribeDBInstances": database(PubliclyAccessible=False, DBInstanceStatus="stopped")},
        Answer("the database is not publicly accessible", REFUTED),
    ),
    "a database without groups": (
        *("public_database", DATABASE, {}, {"DescribeDBInstances": database(VpcSecurityGroups=[])}),
        Answer("publicly accessible; none of its security groups lets the whole Internet in", CONFIRMED),
    ),
    "a database that is private": (
        *("public_database", DATABASE, {}, {"DescribeDBInstances": database(PubliclyAccessible=False)}),
        Answer("the database is not publicly accessible", REFUTED),
    ),
    "an instance profile of an administrator": (
        *("profile_role", INSTANCE, PROFILE),
        {**PROFILED, **role_policies(("arn:aws:iam::444455556666:policy/deploy", ADMINISTRATOR)), **SET_TO_V3}
        | {"GetPolicyVersion": {"PolicyVersion": {"Document": READING}}},
        Answer(f"role web has administrator rights: {ADMINISTRATOR}", CONFIRMED),
    ),
    "an instance profile by its ARN, of an administrator by an inline policy": (
        *("profile_role", INSTANCE, {"facts": {"arn": [f"arn:aws:iam::{ACCOUNT}:instance-profile/teams/web"]}}),
        {
            **PROFILED,
            **role_policies(inline=("all", "some")),
            "GetRolePolicy": {"PolicyDocument": EVERYTHING},
        },
        Answer("role web has administrator rights: all, some", CONFIRMED),
    ),
    "an instance profile of a reader": (
        *("profile_role", INSTANCE, PROFILE, {**PROFILED, **role_policies((READER,))}),
        Answer(f"role web has no administrator rights: {READER}", CONFIRMED, Severity.MEDIUM),
    ),
    "an instance profile without a role": (
        *("profile_role", INSTANCE, PROFILE, {"GetInstanceProfile": {"InstanceProfile": {"Roles": []}}}),
        Answer("instance profile web has no role", CONFIRMED, Severity.LOW),
    ),
    "an open domain": (
        *("open_domain", DOMAIN, {}, {"DescribeDomain": {"DomainStatus": {"AdvancedSecurityOptions": {}}}}),
        Answer("outside a VPC, without fine-grained access control", CONFIRMED),
    ),
    "an open domain that asks for credentials": (
        *("open_domain", DOMAIN, {"facts": {"policy": [FOR_EVERYBODY]}}),
        {"DescribeDomain": {"DomainStatus": {"AdvancedSecurityOptions": {"Enabled": True}}}},
        Answer("fine-grained access control asks everybody for credentials", REFUTED),
    ),
    "a domain that asks an account that it lets in by name for credentials": (
        *("open_domain", DOMAIN, {"facts": {"policy": [FOR_EVERYBODY.replace("*", "999900001111")]}}),
        {"DescribeDomain": {"DomainStatus": {"AdvancedSecurityOptions": {"Enabled": True}}}},
        Answer("fine-grained access control asks everybody for credentials", CONFIRMED),
    ),
    "an open domain that still takes anonymous callers": (
        *("open_domain", DOMAIN, {}),
        {
            "DescribeDomain": {
                "DomainStatus": {"AdvancedSecurityOptions": {"Enabled": True, "AnonymousAuthEnabled": True}}
            }
        },
        Answer("outside a VPC; fine-grained access control still lets anonymous callers in", CONFIRMED),
    ),
    "an open domain of a VPC": (
        *("open_domain", DOMAIN, {}, {"DescribeDomain": {"DomainStatus": {"VPCOptions": {"VPCId": "vpc-1"}}}}),
        Answer("the domain stands in vpc-1: only its network reaches it", REFUTED),
    ),
    "no database": (
        *("public_database", DATABASE, {}, {"DescribeDBInstances": {"DBInstances": []}}),
        Answer("there is no database orders", UNCONFIRMED),
    ),
}


@pytest.mark.parametrize(("lookup", "resource", "said", "account", "answer"), CASES.values(), ids=CASES)
def test_a_look_up_answers(  # noqa: PLR0917 - a case is this list
    question: Ask, lookup: str, resource: str, said: dict[str, Any], account: dict[str, Any], answer: Answer
) -> None:
    assert LOOKUPS[lookup].answer(question(resource, lookup, **said), MemberAccount(**account)) == answer


def test_an_instance_that_is_still_starting_is_asked_about_again(question: Ask) -> None:
    starting = MemberAccount(DescribeInstances=instance(State={"Name": "pending"}))
    with pytest.raises(NotYetError, match="i-0123456789abcdef0 is still starting"):
        LOOKUPS["public_instance"].answer(question(INSTANCE, "public_instance"), starting)


@pytest.mark.parametrize(
    ("resource", "answers"),
    [
        (DATABASE, {"DescribeDBInstances": database(DBInstanceStatus="modifying", PubliclyAccessible=False)}),
        (DATABASE, {"DescribeDBInstances": database(DBInstanceStatus="backing-up", VpcSecurityGroups=[])}),
        (CLUSTER, {"DescribeDBClusters": database("DBClusters", Status="creating", PubliclyAccessible=False)}),
    ],
    ids=["made public", "not yet in its groups", "a cluster"],
)
def test_a_database_that_is_about_to_change_is_asked_about_again(
    question: Ask, resource: str, answers: dict[str, Any]
) -> None:
    with pytest.raises(NotYetError, match="orders is still "):
        LOOKUPS["public_database"].answer(question(resource, "public_database"), MemberAccount(**answers))


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_look_up_makes_exactly_the_reads_that_it_declares(question: Ask, name: str) -> None:
    """The role's policy is generated from them."""
    made: set[str] = set()
    for lookup, resource, said, answers, _ in CASES.values():
        if lookup == name:
            account = MemberAccount(**answers)
            LOOKUPS[name].answer(question(resource, name, **said), account)
            made |= account.actions
    declared = set(LOOKUPS[name].actions)
    if name in {"admin_port", "all_ports"}:
        assert made <= declared, "security_group's look-up makes the rest"
    else:
        assert made == declared


def test_the_reads_only_read() -> None:
    assert lookup_actions()
    assert [one for one in lookup_actions() if not one.partition(":")[2].startswith(("Describe", "Get", "List"))] == []


def test_every_look_up_is_some_detections_and_every_detections_is_known() -> None:
    assert {one.lookup for one in DETECTIONS if one.lookup} == LOOKUPS.keys()
