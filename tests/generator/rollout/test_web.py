from typing import Any

import pytest
from botocore.exceptions import ClientError

from generator.rollout.web import deploy_web, has_web_stack, remove_web
from tests.generator.variants import cdn, variant

NONE = ClientError({"Error": {"Code": "ValidationError", "Message": "Stack does not exist"}}, "DescribeStacks")


class Session:
    """An account whose CloudFormation knows one stack at most; `asked` are the Regions that it was asked in."""

    def __init__(self, status: str = "") -> None:
        self.status = status
        self.asked: list[str] = []
        self.deleted: list[str] = []

    def client(self, _service: str, region: str = "eu-central-1") -> Any:
        self.asked.append(region)
        return self

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        if not self.status:
            raise NONE
        outputs = [{"OutputKey": "DistributionDomainName", "OutputValue": "d111111abcdef8.cloudfront.net"}]
        return {"Stacks": [{"StackStatus": self.status, "Outputs": outputs}]}

    def create_change_set(self, **_: Any) -> None:
        """It changes the stack."""

    def execute_change_set(self, **_: Any) -> None:
        """It does so at once."""

    def delete_stack(self, StackName: str) -> None:  # noqa: N803 - AWS's name
        self.deleted.append(StackName)

    def get_waiter(self, _name: str) -> Any:
        return self

    def wait(self, **_: Any) -> None:
        """It is gone at once."""


def test_the_stack_is_in_cloudfronts_region_and_says_where_domains_point() -> None:
    session: Any = Session("CREATE_COMPLETE")
    (step,) = deploy_web(variant(web=cdn()), {"TemplateBody": "{}"}, session)
    assert session.asked == ["us-east-1"]
    assert (step.what, step.state) == ("stack muster-web in us-east-1", "updated")
    assert step.detail == "point muster.example.com at d111111abcdef8.cloudfront.net"


@pytest.mark.parametrize(("status", "removed"), [("", []), ("CREATE_COMPLETE", ["muster-web"])])
def test_only_what_is_there_is_removed(status: str, removed: list[str]) -> None:
    session: Any = Session(status)
    steps = list(remove_web(variant(), session))
    assert session.deleted == removed
    assert [one.state for one in steps] == ["removed"] * len(removed)


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1"])
def test_other_partitions_are_not_asked(region: str) -> None:
    session: Any = Session("CREATE_COMPLETE")
    assert not has_web_stack(variant(region), session)
    assert list(remove_web(variant(region), session)) == []
    assert session.asked == []
