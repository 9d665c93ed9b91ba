"""A CloudFormation of which a test says what it answers."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

NOT_FOUND = ClientError({"Error": {"Code": "StackSetNotFoundException", "Message": "none"}}, "DescribeStackSet")
TEMPLATE = '{"Resources": {}}'
AUTOMATIC = {"AutoDeployment": {"Enabled": True}, "ManagedExecution": {"Active": True}}


class CloudFormation:
    """StackSets in memory: `calls` are the changes asked for, `outcome` is how operations end."""

    def __init__(self) -> None:
        self.stack_set: dict[str, Any] | None = None
        self.pages: dict[str, list[dict[str, Any]]] = {
            "list_stack_instances": [],
            "list_stack_set_operation_results": [],
            "list_stack_set_operations": [],
        }
        self.outcome = "SUCCEEDED"
        self.calls: list[tuple[str, dict[str, Any]]] = []

    @property
    def summaries(self) -> list[dict[str, Any]]:
        return self.pages["list_stack_instances"]

    @property
    def called(self) -> list[str]:
        return [name for name, _ in self.calls]

    def describe_stack_set(self, **_: Any) -> dict[str, Any]:
        if self.stack_set is None:
            raise NOT_FOUND
        return {"StackSet": self.stack_set}

    def create_stack_set(self, **given: Any) -> dict[str, Any]:
        self.stack_set = {"TemplateBody": TEMPLATE, **AUTOMATIC}
        return self._called("create_stack_set", given)

    def update_stack_set(self, **given: Any) -> dict[str, Any]:
        return self._called("update_stack_set", given)

    def create_stack_instances(self, **given: Any) -> dict[str, Any]:
        return self._called("create_stack_instances", given)

    def delete_stack_instances(self, **given: Any) -> dict[str, Any]:
        return self._called("delete_stack_instances", given)

    def delete_stack_set(self, **given: Any) -> dict[str, Any]:
        self.stack_set = None
        return self._called("delete_stack_set", given)

    def describe_stack_set_operation(self, **_: Any) -> dict[str, Any]:
        return {"StackSetOperation": {"Status": self.outcome}}

    def get_paginator(self, name: str) -> Any:
        return Pages([{"Summaries": self.pages[name]}])

    def _called(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((name, given))
        return {"OperationId": "o-1"}


class Pages:
    """A paginator's pages."""

    def __init__(self, pages: list[dict[str, Any]]) -> None:
        self.pages = pages

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return self.pages


@pytest.fixture
def cloudformation() -> CloudFormation:
    return CloudFormation()


@pytest.fixture
def deployed(cloudformation: CloudFormation) -> Callable[..., CloudFormation]:
    """Make a StackSet with current spokes, by account and Region."""

    def made(*places: tuple[str, str], ous: tuple[str, ...] = ("r-exam",)) -> CloudFormation:
        cloudformation.stack_set = {
            "TemplateBody": TEMPLATE,
            "OrganizationalUnitIds": list(ous),
            "Regions": sorted({region for _, region in places}),
            **AUTOMATIC,
        }
        cloudformation.summaries[:] = [
            {"Account": account, "Region": region, "Status": "CURRENT", "OrganizationalUnitId": "r-exam"}
            for account, region in places
        ]
        return cloudformation

    return made
