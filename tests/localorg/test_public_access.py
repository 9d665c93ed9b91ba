"""Blocks of public access of whole accounts, and what S3 says of a policy, as look-ups read them."""

import itertools
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.localorg.lambdas import MEMBER, OTHER, Functions, document
from tests.localorg.running import Organization, refused

pytestmark = pytest.mark.slow

NAMES = (f"public-access-{number}" for number in itertools.count())
RESTRICTED = {"RestrictPublicBuckets": True}
UNBLOCKED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
ACCOUNT_BLOCK = "s3:GetAccountPublicAccessBlock"


@pytest.fixture(scope="module")
def account(organization: Organization) -> Functions:
    return Functions(organization.client, OTHER)


@pytest.fixture(autouse=True)
def _accounts_before_the_endpoint_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 Control's clients put the account before the endpoint's name, as AWS's DNS knows it."""
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *more: resolve(str(host).removeprefix(f"{OTHER}."), *more))


@pytest.fixture
def unblocked(account: Functions) -> Iterator[None]:
    yield
    account.aws("s3control").delete_public_access_block(AccountId=OTHER)


@pytest.fixture
def bucket(account: Functions) -> str:
    s3, name = account.aws("s3"), next(NAMES)
    s3.create_bucket(Bucket=name)
    s3.delete_public_access_block(Bucket=name)
    return name


def policy(bucket: str, principal: Any = "*") -> str:
    resource = f"arn:aws:s3:::{bucket}/*"
    return document([{"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": resource}])


def block(caller: Functions) -> Any:
    return caller.aws("s3control").get_public_access_block(AccountId=OTHER)["PublicAccessBlockConfiguration"]


@pytest.mark.usefixtures("unblocked")
def test_an_accounts_block_is_there_once_it_is_put(account: Functions) -> None:
    control = account.aws("s3control")
    assert refused(block, account) == "NoSuchPublicAccessBlockConfiguration"
    control.put_public_access_block(AccountId=OTHER, PublicAccessBlockConfiguration=RESTRICTED)
    assert block(account) == {**UNBLOCKED, **RESTRICTED}
    control.delete_public_access_block(AccountId=OTHER)
    assert refused(block, account) == "NoSuchPublicAccessBlockConfiguration"


def test_an_accounts_block_is_nobody_elses(account: Functions) -> None:
    control = account.aws("s3control")
    with pytest.MonkeyPatch.context() as patch:
        resolve = socket.getaddrinfo
        patch.setattr(socket, "getaddrinfo", lambda host, *more: resolve(str(host).removeprefix(f"{MEMBER}."), *more))
        assert refused(control.get_public_access_block, AccountId=MEMBER) == "AccessDenied"


@pytest.mark.usefixtures("unblocked")
def test_an_accounts_block_refuses_public_policies_of_its_buckets(account: Functions, bucket: str) -> None:
    s3 = account.aws("s3")
    setting = {"BlockPublicPolicy": True}
    account.aws("s3control").put_public_access_block(AccountId=OTHER, PublicAccessBlockConfiguration=setting)
    assert refused(s3.put_bucket_policy, Bucket=bucket, Policy=policy(bucket)) == "AccessDenied"


def test_s3_says_whether_a_policy_is_public(account: Functions, bucket: str) -> None:
    s3 = account.aws("s3")
    assert refused(s3.get_bucket_policy_status, Bucket=bucket) == "NoSuchBucketPolicy"
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(bucket))
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": True}
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, {"AWS": MEMBER}))
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": False}


def test_s3_says_whether_an_access_points_policy_is_public(account: Functions, bucket: str) -> None:
    control, point = account.aws("s3control"), {"AccountId": OTHER, "Name": f"{bucket}-point"}
    control.create_access_point(**point, Bucket=bucket, PublicAccessBlockConfiguration=UNBLOCKED)
    assert refused(control.get_access_point_policy_status, **point) == "NoSuchAccessPointPolicy"
    arn = f"arn:aws:s3:us-east-1:{OTHER}:accesspoint/{point['Name']}"
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{arn}/object/*"}
    control.put_access_point_policy(**point, Policy=document([statement]))
    assert control.get_access_point_policy_status(**point)["PolicyStatus"] == {"IsPublic": True}


def test_public_snapshots_are_blocked_by_account_and_region(account: Functions, organization: Organization) -> None:
    ec2, elsewhere = account.aws("ec2"), organization.client("ec2", OTHER, "eu-west-1")
    assert ec2.get_snapshot_block_public_access_state()["State"] == "unblocked"
    assert ec2.enable_snapshot_block_public_access(State="block-all-sharing")["State"] == "block-all-sharing"
    assert ec2.get_snapshot_block_public_access_state()["State"] == "block-all-sharing"
    assert elsewhere.get_snapshot_block_public_access_state()["State"] == "unblocked"
    assert refused(ec2.enable_snapshot_block_public_access, State="unblocked") == "InvalidParameterValue"
    assert ec2.disable_snapshot_block_public_access()["State"] == "unblocked"


READS: dict[str, Callable[[Functions, str], Any]] = {
    ACCOUNT_BLOCK: lambda caller, _: block(caller),
    "s3:GetBucketPolicyStatus": lambda caller, name: caller.aws("s3").get_bucket_policy_status(Bucket=name),
    "s3:GetAccessPointPolicyStatus": lambda caller, name: caller.aws("s3control").get_access_point_policy_status(
        AccountId=OTHER, Name=name
    ),
    "ec2:GetSnapshotBlockPublicAccessState": lambda caller, _: caller.aws(
        "ec2"
    ).get_snapshot_block_public_access_state(),
}
ABSENT = {"NoSuchPublicAccessBlockConfiguration", "NoSuchBucketPolicy", "NoSuchAccessPoint"}


@pytest.mark.parametrize("action", READS)
def test_a_read_needs_its_own_permission(account: Functions, bucket: str, action: str) -> None:
    allowed = account.acting(f"reader-{bucket}", {"Action": action, "Resource": "*"})
    other = next(one for one in READS if one != action)
    denied = account.acting(f"blind-{bucket}", {"Action": other, "Resource": "*"})
    assert refused(READS[action], denied, bucket) in {"AccessDenied", "UnauthorizedOperation"}
    if action.startswith("ec2:"):
        assert READS[action](allowed, bucket)["State"] == "unblocked"
    else:
        assert refused(READS[action], allowed, bucket) in ABSENT
