"""What is given to the hub: decided purely, given once, taken back without touching others' things."""

import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest import mock

import botocore.session
import botocore.validate
import pytest
from botocore.exceptions import ClientError

from generator.delegation import grants as given
from generator.delegation.grants import Call, Grant, PolicyTooLongError, answer_handler, give, grants, take_back

HUB, OTHER = "111122223333", "444455556666"
OURS = {"Sid": "Muster", "Effect": "Allow", "Principal": {"AWS": HUB}, "Action": "organizations:ListRoots"}
THEIRS = {"Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "organizations:ListRoots"}


class NotFoundError(Exception):
    """No resource policy."""


class Organization:
    """An organization in memory, which is a client of every service at once."""

    def __init__(self) -> None:
        self.exceptions = SimpleNamespace(ResourcePolicyNotFoundException=NotFoundError)
        self.trusted: set[str] = set()
        self.administrators: dict[str, set[str]] = {}
        self.policy: str | None = None
        self.calls: list[str] = []

    def __call__(self, service: str) -> "Organization":
        assert service in {"cloudformation", "cloudtrail", "organizations"}
        return self

    def describe_organizations_access(self) -> dict[str, str]:
        return {"Status": "ENABLED" if given.STACK_SETS in self.trusted else "DISABLED"}

    def activate_organizations_access(self) -> None:
        self._changed("activate", lambda: self.trusted.add(given.STACK_SETS))

    def enable_aws_service_access(self, *, ServicePrincipal: str) -> None:  # noqa: N803 - boto's name
        self._changed(f"trust {ServicePrincipal}", lambda: self.trusted.add(ServicePrincipal))

    def get_paginator(self, name: str) -> Any:
        def paginate(**asked: str) -> list[dict[str, Any]]:
            if name == "list_delegated_administrators":
                found = sorted(self.administrators.get(asked["ServicePrincipal"], ()))
                return [{"DelegatedAdministrators": [{"Id": one}]} for one in found]
            return [{"EnabledServicePrincipals": [{"ServicePrincipal": one}]} for one in sorted(self.trusted)]

        return SimpleNamespace(paginate=paginate)

    def register_delegated_administrator(self, *, AccountId: str, ServicePrincipal: str) -> None:  # noqa: N803 - as above
        administrators = self.administrators.setdefault(ServicePrincipal, set())
        self._changed(f"register {AccountId}", lambda: administrators.add(AccountId))

    def deregister_delegated_administrator(self, *, AccountId: str, ServicePrincipal: str) -> None:  # noqa: N803 - as above
        self._changed(f"deregister {AccountId}", lambda: self.administrators[ServicePrincipal].remove(AccountId))

    def register_organization_delegated_admin(self, *, MemberAccountId: str) -> None:  # noqa: N803 - as above
        administrators = self.administrators.setdefault(given.CLOUDTRAIL, set())
        self._changed(f"trail {MemberAccountId}", lambda: administrators.add(MemberAccountId))

    def deregister_organization_delegated_admin(self, *, DelegatedAdminAccountId: str) -> None:  # noqa: N803 - as above
        gone = DelegatedAdminAccountId
        self._changed(f"no trail {gone}", lambda: self.administrators[given.CLOUDTRAIL].remove(gone))

    def describe_resource_policy(self) -> dict[str, Any]:
        if self.policy is None:
            raise NotFoundError
        return {"ResourcePolicy": {"Content": self.policy}}

    def put_resource_policy(self, *, Content: str) -> None:  # noqa: N803 - as above
        self._changed("put policy", lambda: setattr(self, "policy", Content))

    def delete_resource_policy(self) -> None:
        self._changed("delete policy", lambda: setattr(self, "policy", None))

    @property
    def statements(self) -> list[dict[str, Any]]:
        return list(json.loads(self.policy)["Statement"]) if self.policy else []

    def _changed(self, what: str, change: Callable[[], object]) -> None:
        self.calls.append(what)
        change()


@pytest.fixture
def organization() -> Organization:
    return Organization()


def all_of(hub: str = HUB, *, has_trail: bool = True) -> list[Grant]:
    return grants(hub, OURS, has_trail=has_trail)


def test_everything_is_given_once(organization: Organization) -> None:
    assert all(give(one, organization) for one in all_of())
    assert organization.trusted == {given.STACK_SETS, given.CLOUDTRAIL}
    assert organization.administrators == {given.STACK_SETS: {HUB}, given.CLOUDTRAIL: {HUB}}
    assert organization.statements == [OURS]
    organization.calls.clear()
    assert not any(give(one, organization) for one in all_of())
    assert organization.calls == []


def test_without_a_trail_cloudtrail_is_left_alone(organization: Organization) -> None:
    for one in all_of(has_trail=False):
        give(one, organization)
    assert given.CLOUDTRAIL not in organization.trusted | organization.administrators.keys()


def test_only_what_is_ours_is_taken_back(organization: Organization) -> None:
    organization.administrators = {given.STACK_SETS: {OTHER}}
    organization.policy = json.dumps({"Version": "2012-10-17", "Id": "kept", "Statement": THEIRS})
    for one in all_of():
        give(one, organization)
    assert organization.statements == [THEIRS, OURS]
    assert [take_back(one, organization) for one in all_of()] == [False, True, True, False, True]
    assert organization.administrators == {given.STACK_SETS: {OTHER}, given.CLOUDTRAIL: set()}
    assert organization.statements == [THEIRS]
    assert json.loads(organization.policy)["Id"] == "kept"
    assert organization.trusted == {given.STACK_SETS, given.CLOUDTRAIL}
    assert not any(take_back(one, organization) for one in all_of())


def test_a_policy_of_ours_alone_goes_whole(organization: Organization) -> None:
    for one in all_of():
        give(one, organization)
    for one in all_of():
        take_back(one, organization)
    assert organization.policy is None


def test_our_old_statement_is_replaced(organization: Organization) -> None:
    organization.policy = json.dumps({"Version": "2012-10-17", "Statement": [{**OURS, "Action": "old"}, THEIRS]})
    for one in all_of():
        give(one, organization)
    assert organization.statements == [THEIRS, OURS]


def test_a_policy_without_room_is_left_as_it_is(organization: Organization) -> None:
    full = json.dumps({"Version": "2012-10-17", "Statement": [{**THEIRS, "Resource": "x" * 39_900}]})
    organization.policy = full
    _, _, reads, *_ = all_of()
    with pytest.raises(PolicyTooLongError, match=r"would have 40\d\d\d characters, 40000 are allowed"):
        give(reads, organization)
    assert organization.policy == full


def test_a_look_decides_which_call_is_made() -> None:
    _, administrator, *_ = all_of()
    register = Call(
        "organizations",
        "register_delegated_administrator",
        {"AccountId": HUB, "ServicePrincipal": "member.org.stacksets.cloudformation.amazonaws.com"},
    )
    assert administrator.do([OTHER]) == register
    assert administrator.do([OTHER, HUB]) is None


@pytest.fixture
def answered(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Ask the function as CloudFormation does; return its answer."""
    sent: list[dict[str, Any]] = []

    class Answer:
        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None: ...

    def put(request: Any, timeout: float) -> Answer:
        assert (request.method, request.headers["Content-type"]) == ("PUT", "")
        sent.append(json.loads(request.data))
        return Answer()

    monkeypatch.setattr(given, "urlopen", put)
    monkeypatch.setattr(given.boto3, "client", organization)
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000, log_stream_name="stream")

    def ask(kind: str, hub: str = HUB, *, trail: str = "false", **more: Any) -> dict[str, Any]:
        event = {"RequestType": kind, "ResponseURL": "https://cloudformation.example/", "StackId": "s"}
        event |= {"RequestId": "r", "LogicalResourceId": "Delegation", "ResourceProperties": properties(hub, trail)}
        answer_handler({**event, **more}, context)
        return sent[-1]

    return ask


def properties(hub: str, trail: str = "false") -> dict[str, Any]:
    return {"ServiceToken": "arn", "Hub": hub, "Statement": OURS, "Trail": trail}


def test_the_stack_gives_and_its_deletion_takes_back(
    organization: Organization, answered: Callable[..., dict[str, Any]]
) -> None:
    made = answered("Create", trail="true")
    assert (made["Status"], made["PhysicalResourceId"], made["RequestId"]) == ("SUCCESS", "Delegation", "r")
    assert organization.administrators == {given.STACK_SETS: {HUB}, given.CLOUDTRAIL: {HUB}}
    gone = answered("Delete", trail="true", PhysicalResourceId="older")
    assert (gone["Status"], gone["PhysicalResourceId"]) == ("SUCCESS", "older")
    assert organization.administrators == {given.STACK_SETS: set(), given.CLOUDTRAIL: set()}
    assert organization.policy is None


def test_an_update_takes_back_from_the_hub_of_before(
    organization: Organization, answered: Callable[..., dict[str, Any]]
) -> None:
    answered("Create", trail="true")
    answered("Update", OTHER, OldResourceProperties=properties(HUB, "true"))
    assert organization.administrators == {given.STACK_SETS: {OTHER}, given.CLOUDTRAIL: set()}
    assert organization.statements == [OURS]


def test_an_update_without_a_change_takes_nothing_back(
    organization: Organization, answered: Callable[..., dict[str, Any]]
) -> None:
    answered("Create")
    organization.calls.clear()
    answered("Update", OldResourceProperties=properties(HUB))
    assert organization.calls == []


@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_cloudformation_is_told_why_it_failed(
    organization: Organization, answered: Callable[..., dict[str, Any]], kind: str
) -> None:
    organization.policy = "no JSON " + "ü" * 3_000
    answer = answered(kind)
    assert answer["Status"] == "FAILED"
    assert "JSONDecodeError" in answer["Reason"]
    assert len(json.dumps(answer, ensure_ascii=False).encode()) < 4_096


def test_what_iam_does_not_know_yet_is_tried_again(
    organization: Organization, answered: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []
    refusals = iter(["AccessDenied", "AccessDeniedException"])

    def look() -> dict[str, str]:
        for code in refusals:
            raise ClientError({"Error": {"Code": code, "Message": "not yet"}}, "DescribeOrganizationsAccess")
        return {"Status": "DISABLED"}

    monkeypatch.setattr(organization, "describe_organizations_access", look)
    monkeypatch.setattr(given.time, "sleep", waited.append)
    assert answered("Create")["Status"] == "SUCCESS"
    assert waited == [5, 10]
    assert organization.administrators == {given.STACK_SETS: {HUB}}


def test_another_refusal_is_final(
    organization: Organization, answered: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    error = ClientError({"Error": {"Code": "AccountNotFoundException", "Message": "none"}}, "Register")
    monkeypatch.setattr(organization, "register_delegated_administrator", mock.Mock(side_effect=error))
    answer = answered("Create")
    assert (answer["Status"], "AccountNotFoundException" in answer["Reason"]) == ("FAILED", True)


def test_cloudformation_is_answered_before_the_time_is_up(
    organization: Organization, answered: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(organization, "describe_organizations_access", lambda: time.sleep(30))
    monkeypatch.setattr(given, "PATIENCE_SECONDS", 59)
    answer = answered("Create")
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "TimeoutError: AWS did not answer in time")


class Registry:
    """The four security services of every Region: who administers each."""

    def __init__(self) -> None:
        self.named: dict[tuple[str, str], str] = {}

    def __call__(self, service: str, region_name: str = "") -> Any:
        known = given.SERVICES[service]
        place = (service, region_name)

        def listed() -> dict[str, Any]:
            return {known.key: [{known.field: self.named[place]}] if place in self.named else []}

        def name(**asked: str) -> None:
            shape = botocore.session.get_session().get_service_model(service)
            operation = shape.operation_model("".join(word.title() for word in known.naming.split("_")))
            botocore.validate.validate_parameters(asked, operation.input_shape)
            self.named[place] = asked[known.argument]

        return SimpleNamespace(**{known.listing: listed, known.naming: name})


def test_security_services_are_administered_in_every_region_and_stay_so() -> None:
    registry, regions = Registry(), ("eu-central-1", "us-east-1")
    asked = grants(HUB, OURS, has_trail=False, services=given.SERVICES, regions=regions)
    named = [one for one in asked if " in " in one.what]
    assert len(named) == len(regions) * len(given.SERVICES)
    assert all(give(one, registry) for one in named)
    assert set(registry.named.values()) == {HUB}
    assert not any(give(one, registry) for one in named)
    assert not any(take_back(one, registry) for one in named)
    assert len(registry.named) == len(named)


def test_aws_config_is_registered_with_organizations(organization: Organization) -> None:
    asked = grants(HUB, OURS, has_trail=False, services=["config"], regions=["eu-central-1"])
    assert all(give(one, organization) for one in asked)
    assert organization.administrators[given.CONFIG] == {HUB}
    assert given.CONFIG in organization.trusted
    assert [one.undo for one in asked if "Config" in one.what] == [None, None]


@pytest.mark.parametrize("service", given.SERVICES)
def test_who_administers_is_listed_where_aws_lists_it(service: str) -> None:
    model, known = botocore.session.get_session().get_service_model(service), given.SERVICES[service]
    listing = model.operation_model("".join(word.title() for word in known.listing.split("_")))
    assert known.field in listing.output_shape.members[known.key].member.members
