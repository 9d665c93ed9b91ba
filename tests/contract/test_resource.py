"""Naming what a call was about."""

from typing import Any

import pytest

from contract.cloudtrail import CloudTrailEvent, wrapped
from contract.resource import ResourceArn, first_named, short_name

BUCKET = ResourceArn("arn:{partition}:s3:::{id}", ("requestParameters.bucketName",))
NODE = ResourceArn(
    "arn:{partition}:eks:{region}:{account}:{requestParameters.cluster}/{id}", ("requestParameters.node",)
)


def event(request: Any, region: str = "eu-west-1") -> CloudTrailEvent:
    record = {"eventSource": "a.amazonaws.com", "eventName": "B", "requestParameters": request, "awsRegion": region}
    return CloudTrailEvent(wrapped({**record, "recipientAccountId": "111122223333"}))


def test_the_arn_is_filled_from_the_record() -> None:
    assert NODE.of(event({"cluster": "web", "node": "n"})) == ("arn:aws:eks:eu-west-1:111122223333:web/n",)


def test_the_partition_follows_the_region() -> None:
    assert BUCKET.of(event({"bucketName": "b"}, "cn-north-1")) == ("arn:aws-cn:s3:::b",)


def test_an_arn_stays_as_it_is() -> None:
    assert BUCKET.of(event({"bucketName": "arn:aws:s3:::b"})) == ("arn:aws:s3:::b",)


def test_many_resources_are_named_once_each() -> None:
    assert BUCKET.of(event({"bucketName": ["a", "b", "a"]})) == ("arn:aws:s3:::a", "arn:aws:s3:::b")


@pytest.mark.parametrize("request_", [None, {}, {"bucketName": None}, {"bucketName": True}, {"bucketName": ""}])
def test_nothing_is_named_when_no_path_resolves(request_: Any) -> None:
    assert BUCKET.of(event(request_)) == ()


def test_an_arn_with_a_hole_is_none() -> None:
    assert NODE.of(event({"node": "n"})) == ()


def test_the_fallback_names_what_the_first_cannot() -> None:
    either = ResourceArn(NODE.template, NODE.paths, fallback=BUCKET)
    assert either.of(event({"bucketName": "b"})) == ("arn:aws:s3:::b",)


def test_of_several_kinds_the_first_that_is_named_counts() -> None:
    kinds = first_named(("db:{id}", ["requestParameters.db"]), ("cluster:{id}", ["requestParameters.cluster"]))
    assert kinds.of(event({"cluster": "c", "db": "d"})) == ("db:d",)
    assert kinds.of(event({"cluster": "c"})) == ("cluster:c",)


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::111122223333:user/team/bob", "bob"),
        ("arn:aws:rds:eu-west-1:111122223333:db:orders", "orders"),
        ("arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/web/50dc6c495c0c9188", "web"),
        ("arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/classic", "classic"),
        ("arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/73e2d6bc24d8a067", "web"),
        (
            "arn:aws:cloudformation:eu-west-1:111122223333:stack/muster-hub/a38e6a60-b397-11e3-b0fc-EXAMPLE",
            "muster-hub",
        ),
        ("arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/blocked/a1b2c3d4-5678-90ab-cdef-EXAMPLE11111", "blocked"),
        ("arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/a1b2c3d4-5678-90ab-cdef-EXAMPLE11111", "shop"),
        ("arn:aws:rds::111122223333:global-cluster:orders", "orders"),
    ],
)
def test_the_short_name_is_what_people_say(arn: str, name: str) -> None:
    assert short_name(arn) == name
