"""A hub of which a test says what AWS answers."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError

from generator.config import Config, load
from generator.doctor.diagnosis import Hub
from generator.snapshots import SNAPSHOTS

HUB, MANAGEMENT, MEMBER = "111122223333", "999999999999", "444455556666"
ROOT, WORKLOADS, SANDBOX = "r-exam", "ou-exam-workload1", "ou-exam-sandbox01"
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"


def _children(ParentId: str) -> dict[str, Any]:  # noqa: N803 - boto's name
    named = {WORKLOADS: "Workloads", SANDBOX: "Sandbox"} if ParentId == ROOT else {}
    return {"OrganizationalUnits": [{"Id": one, "Name": name} for one, name in named.items()]}


WELL: dict[str, Any] = {
    "get_caller_identity": {"Account": HUB},
    "describe_organization": {
        "Organization": {"Id": "o-exampleorg1", "MasterAccountId": MANAGEMENT, "FeatureSet": "ALL"}
    },
    "list_delegated_services_for_account": {"DelegatedServices": [{"ServicePrincipal": STACK_SETS}]},
    "describe_organizations_access": {"Status": "ENABLED"},
    "list_roots": {"Roots": [{"Id": ROOT, "Name": "Root"}]},
    "list_accounts": {"Accounts": [{"Id": one, "State": "ACTIVE"} for one in (HUB, MEMBER, "123456789012")]},
    "list_accounts_for_parent": {"Accounts": []},
    "list_organizational_units_for_parent": _children,
    "list_tags_for_resource": {"Tags": []},
    "describe_regions": {
        "Regions": [
            {"RegionName": one, "OptInStatus": "opt-in-not-required"}
            for one in ("eu-central-1", "eu-west-1", "us-east-1")
        ]
    },
    "describe_trails": {
        "trailList": [{"TrailARN": "t", "Name": "audit", "IsOrganizationTrail": True, "HasCustomEventSelectors": False}]
    },
    "get_trail_status": {"IsLogging": True},
    "get_email_identity": {"VerifiedForSendingStatus": True},
    "get_account": {"SendingEnabled": True, "ProductionAccessEnabled": True},
    "list_subscriptions_by_topic": {"Subscriptions": []},
    "describe_hub": {"HubArn": "arn"},
    "query": {"Items": []},
    "get_secret_value": {"SecretString": "https://hooks.example.com/secret"},
    "head_bucket": {},
}


class Aws:
    """Every service at once; `answers` by the call's name are values, functions or errors."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {**WELL, "describe_stacks": self._stacks_at_home}
        self.region = ""
        self.refuse("get_suppressed_destination", "NotFoundException")

    def _stacks_at_home(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto's name
        if self.region != "eu-central-1":
            message = f"Stack with id {StackName} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "DescribeStacks")
        return {"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]}

    def __call__(self, service: str, region_name: str) -> "Aws":
        assert service
        self.region = region_name
        return self

    def __getattr__(self, name: str) -> Callable[..., Any]:
        answer = self.answers[name]

        def call(**arguments: Any) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer(**arguments) if callable(answer) else answer

        return call

    def get_paginator(self, name: str) -> Any:
        return Paginator(getattr(self, name))

    @property
    def exceptions(self) -> "Errors":
        return Errors()

    def refuse(self, call: str, code: str, message: str = "") -> None:
        operation = call.title().replace("_", "")
        self.answers[call] = Errors.kind(code)({"Error": {"Code": code, "Message": message}}, operation)


class Paginator:
    """A call whose answer is one page."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.paginate = lambda **arguments: [call(**arguments)]


class Errors:
    """A client's exception classes, by AWS's code."""

    kinds: ClassVar[dict[str, type[ClientError]]] = {}

    @classmethod
    def kind(cls, code: str) -> type[ClientError]:
        return cls.kinds.setdefault(code, type(code, (ClientError,), {}))

    def __getattr__(self, code: str) -> type[ClientError]:
        return self.kind(code)


@pytest.fixture(autouse=True)
def _interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the functions' interpreter on this machine, whatever it has."""
    monkeypatch.setattr("generator.doctor.machine.installed", lambda version: f"/usr/bin/python{version}")


@pytest.fixture
def aws() -> Aws:
    return Aws()


@pytest.fixture
def hub(aws: Aws) -> Callable[..., Hub]:
    """Make the hub of the sample settings; `hub(organization={…})` changes settings of a table."""

    def made(**changes: dict[str, Any]) -> Hub:
        config: Config = load(SNAPSHOTS / "muster.toml")
        tables = {name: getattr(config, name).model_copy(update=update) for name, update in changes.items()}
        return Hub(config.model_copy(update=tables), aws)

    return made
