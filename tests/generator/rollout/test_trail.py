from typing import Any

import pytest
from botocore.exceptions import ClientError

from generator.config import Trail
from generator.rollout.step import RolloutError
from generator.rollout.trail import deploy_trail, remove_trail, trail_action
from tests.generator.variants import MANAGEMENT, variant

ARN = f"arn:aws:cloudtrail:eu-central-1:{MANAGEMENT}:trail/muster-organization-trail"
TRAIL = {
    "Name": "muster-organization-trail",
    "TrailARN": ARN,
    "S3BucketName": "muster-hub-logs",
    "IsMultiRegionTrail": True,
    "IsOrganizationTrail": True,
    "IncludeGlobalServiceEvents": True,
    "LogFileValidationEnabled": True,
}
CONFIG, WITHOUT = variant(trail=Trail.ORGANIZATION), variant()


class Session:
    """CloudTrail with its trails, and the hub's stack; `calls` are the changes asked for."""

    def __init__(self, *trails: dict[str, Any], refusal: str = "", is_logging: bool = True) -> None:
        self.trails, self.refusal, self.is_logging = list(trails), refusal, is_logging
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def client(self, _service: str) -> Any:
        return self

    def describe_trails(self, **_: Any) -> dict[str, Any]:
        return {"trailList": self.trails}

    def get_trail_status(self, **_: Any) -> dict[str, Any]:
        return {"IsLogging": self.is_logging}

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        outputs = [{"OutputKey": "OrganizationTrailLogs", "OutputValue": "muster-hub-logs"}]
        return {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Outputs": outputs}]}

    def create_trail(self, **given: Any) -> dict[str, str]:
        if self.refusal:
            raise ClientError({"Error": {"Code": self.refusal, "Message": "no"}}, "CreateTrail")
        self.calls.append(("create", given))
        return {"TrailARN": ARN}

    def update_trail(self, **given: Any) -> dict[str, str]:
        self.calls.append(("update", given))
        return {"TrailARN": ARN}

    def start_logging(self, **given: Any) -> None:
        self.calls.append(("start", given))

    def delete_trail(self, **given: Any) -> None:
        self.calls.append(("delete", given))


def deployed(session: Any) -> list[tuple[str, str]]:
    return [(step.what, step.state) for step in deploy_trail(CONFIG, session)]


def test_the_trail_is_made_and_started_by_its_arn() -> None:
    session: Any = Session()
    assert deployed(session) == [("trail muster-organization-trail", "created")]
    (_, made), (_, started) = session.calls
    assert made["S3BucketName"] == "muster-hub-logs"
    assert made["IsOrganizationTrail"]
    assert started == {"Name": ARN}


def test_a_trail_as_it_should_be_is_left_alone() -> None:
    session: Any = Session(TRAIL)
    assert deployed(session) == [("trail muster-organization-trail", "unchanged")]
    assert session.calls == []


@pytest.mark.parametrize(
    ("session", "calls"),
    [
        (Session({**TRAIL, "S3BucketName": "other"}), ["update", "start"]),
        (Session({**TRAIL, "LogFileValidationEnabled": False}), ["update", "start"]),
        (Session(TRAIL, is_logging=False), ["update", "start"]),
    ],
)
def test_a_trail_that_differs_or_stands_still_is_mended(session: Any, calls: list[str]) -> None:
    assert trail_action(CONFIG, session) == "update"
    assert deployed(session) == [("trail muster-organization-trail", "updated")]
    assert [name for name, _ in session.calls] == calls


def test_a_trail_that_the_settings_ask_for_no_more_is_removed_and_its_bucket_named() -> None:
    session: Any = Session(TRAIL)
    assert trail_action(WITHOUT, session) == "remove"
    (step,) = remove_trail(WITHOUT, session)
    assert (step.state, step.detail) == ("removed", "its logs stay in bucket muster-hub-logs")
    assert session.calls == [("delete", {"Name": ARN})]


@pytest.mark.parametrize(
    "other", [{**TRAIL, "IsOrganizationTrail": False}, {**TRAIL, "Name": "aws-controltower-BaselineCloudTrail"}]
)
def test_somebody_elses_trail_is_no_business_of_ours(other: dict[str, Any]) -> None:
    session: Any = Session(other)
    assert trail_action(WITHOUT, session) == ""
    assert list(remove_trail(WITHOUT, session)) == []
    assert trail_action(CONFIG, session) == "create"


@pytest.mark.parametrize("code", ["CloudTrailAccessNotEnabledException", "NotOrganizationMasterAccountException"])
def test_a_hub_that_nobody_delegated_to_hears_what_mends_it(code: str) -> None:
    session: Any = Session(refusal=code)
    with pytest.raises(RolloutError, match=r"account 111122223333 may not make it .* run `muster delegate`"):
        deployed(session)


def test_another_refusal_is_told_as_it_is() -> None:
    session: Any = Session(refusal="MaximumNumberOfTrailsExceededException")
    with pytest.raises(ClientError, match="MaximumNumberOfTrailsExceededException"):
        deployed(session)
