from collections.abc import Callable
from typing import Any

import pytest

from generator.config import Config
from generator.rollout.removal import emptied, uninstall
from generator.rollout.session import Sessions
from generator.rollout.step import RolloutError, Step
from tests.generator.rollout.conftest import CloudFormation, Pages

HERE, THERE = "eu-central-1", "us-east-1"
MEMBER, OTHER = "222222222222", "333333333333"


class Session:
    """An account in which only the StackSet is left."""

    def __init__(self, cloudformation: CloudFormation) -> None:
        self.cloudformation = cloudformation

    def client(self, _service: str, _region: str = HERE) -> Any:
        return self.cloudformation


def removed(config: Config, cloudformation: CloudFormation, *abandoned: str) -> list[Step]:
    session: Any = Session(cloudformation)
    found: list[Step] = []
    for one in uninstall(config, Sessions(session), abandoned, poll_seconds=0):
        if isinstance(one, Step):
            found.append(one)
            if one.what.startswith("StackSet"):
                break
    return found


def test_every_unit_and_region_is_withdrawn_before_the_stack_set_goes(
    config: Config, deployed: Callable[..., CloudFormation], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloudformation = deployed((MEMBER, HERE), (MEMBER, THERE))

    def delete(**given: Any) -> dict[str, Any]:
        cloudformation.summaries.clear()
        cloudformation.calls.append(("delete_stack_instances", given))
        return {"OperationId": "o-1"}

    monkeypatch.setattr(cloudformation, "delete_stack_instances", delete)
    assert [one.state for one in removed(config, cloudformation)] == ["removed", "removed"]
    assert cloudformation.called == ["delete_stack_instances", "delete_stack_set"]
    given = cloudformation.calls[0][1]
    assert (given["DeploymentTargets"], given["Regions"]) == ({"OrganizationalUnitIds": ["r-exam"]}, [*config.regions])


def test_a_spoke_that_would_not_go_stops_it_before_the_hub(
    config: Config, deployed: Callable[..., CloudFormation]
) -> None:
    cloudformation = deployed((MEMBER, HERE))
    cloudformation.summaries[0]["StatusReason"] = "somebody's bucket is not empty"
    with pytest.raises(RolloutError, match=f"1 spokes would not go; .* --abandon {MEMBER}"):
        removed(config, cloudformation)
    assert "delete_stack_set" not in cloudformation.called


def test_an_abandoned_account_keeps_its_stacks(config: Config, deployed: Callable[..., CloudFormation]) -> None:
    cloudformation = deployed((MEMBER, HERE), (OTHER, HERE))
    with pytest.raises(RolloutError):
        removed(config, cloudformation, OTHER)
    first = cloudformation.calls[0][1]
    assert (first["RetainStacks"], first["DeploymentTargets"]["Accounts"]) == (True, [OTHER])


def test_an_account_without_a_spoke_cannot_be_abandoned(
    config: Config, deployed: Callable[..., CloudFormation]
) -> None:
    with pytest.raises(RolloutError, match=f"--abandon {OTHER}: the account has no spoke"):
        removed(config, deployed((MEMBER, HERE)), OTHER)


def test_what_is_gone_already_is_no_error(config: Config, cloudformation: CloudFormation) -> None:
    assert removed(config, cloudformation) == [Step("StackSet muster-spoke", "absent")]


class Bucket:
    """A bucket's versions, and what S3 answers to a deletion."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        self.errors, self.deleted = errors, list[str]()

    class exceptions:  # noqa: N801 - as a client has it
        class NoSuchBucket(Exception):  # noqa: N818 - as S3 calls it
            pass

    def get_paginator(self, _name: str) -> Pages:
        versions = [{"Key": "a", "VersionId": "1"}, {"Key": "a", "VersionId": "2"}]
        return Pages([{"Versions": versions}, {"DeleteMarkers": [{"Key": "b", "VersionId": "3"}]}, {}])

    def delete_objects(self, Delete: Any, **_: Any) -> dict[str, Any]:  # noqa: N803 - as boto3 spells it
        self.deleted += [one["VersionId"] for one in Delete["Objects"]]
        return {"Errors": self.errors}


def test_a_bucket_is_emptied_of_versions_and_markers() -> None:
    bucket: Any = Bucket([])
    assert emptied(bucket, "artefacts") == 3
    assert bucket.deleted == ["1", "2", "3"]


def test_an_object_that_would_not_go_is_named() -> None:
    bucket: Any = Bucket([{"Key": "a", "Message": "Access Denied"}])
    with pytest.raises(RolloutError, match="bucket artefacts: a: Access Denied"):
        emptied(bucket, "artefacts")
