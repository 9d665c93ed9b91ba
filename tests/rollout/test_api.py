"""The API on the local organization: a real HTTP client, signed by IAM's rules, and refused without them."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import assume, settings
from requests import PreparedRequest
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from contract.clock import iso, now
from contract.finding import Finding, Severity
from contract.names import Names
from generator.api_docs import openapi
from hub.store.findings import FindingStore
from tests.localorg.exercise import policy, statement
from tests.rollout.deployed import Rollout, rolling_out
from tests.rollout.driving import HUB

pytestmark = pytest.mark.slow
NAMES = Names()
DOCUMENT = json.loads(openapi())
# Links are off here, and their pages are for people: `test_action_links.py`.
del DOCUMENT["paths"]["/actions"]
REGION = "us-east-1"


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    with rolling_out(tmp_path_factory.mktemp("api"), 1) as running:
        assert not [one for one in running.deploy() if one.is_failure]
        at = iso(now())
        findings = [
            Finding(
                id=f"f{place}",
                detection="iam.user_created",
                title="User created",
                severity=Severity.HIGH,
                account=HUB,
                region=REGION,
                resource="arn:aws:iam::111122223333:user/alice",
                first_seen=at,
                updated_at=at,
                observed_at=at,
            )
            for place in range(5)
        ]
        FindingStore(running.client("dynamodb", HUB), NAMES.findings_table).upsert(findings)
        running.settle()
        yield running


class Caller:
    """Calls the deployed API over HTTP; without credentials, unsigned."""

    def __init__(self, rollout: Rollout, credentials: Credentials | None) -> None:
        (stack,) = rollout.client("cloudformation", HUB).describe_stacks(StackName=NAMES.hub_stack)["Stacks"]
        url = next(one["OutputValue"] for one in stack["Outputs"] if one["OutputKey"] == "ApiUrl")
        api = url.removeprefix("https://").partition(".")[0]
        self._base = f"{rollout.organization.endpoint}/restapis/{api}/v1/_user_request_"
        self._credentials = credentials

    @property
    def base(self) -> str:
        """Where the API's paths begin."""
        return self._base

    def sign(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a request as botocore does."""
        asked = AWSRequest(method=request.method, url=request.url, data=request.body, headers=dict(request.headers))
        assert self._credentials
        SigV4Auth(self._credentials, "execute-api", REGION).add_auth(asked)
        request.headers.update(asked.headers.items())
        return request

    def __call__(self, path: str, method: str = "GET", body: Any = None) -> tuple[int, Any, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = AWSRequest(method=method, url=f"{self._base}{path}", data=data)
        request.headers["Content-Type"] = "application/json"
        if self._credentials:
            SigV4Auth(self._credentials, "execute-api", REGION).add_auth(request)
        prepared = Request(request.url, data, dict(request.headers.items()), method=method)
        try:
            with urlopen(prepared, timeout=30) as answer:
                return answer.status, answer.headers, json.loads(answer.read() or b"null")
        except HTTPError as error:
            text = error.read()
            return error.code, error.headers, json.loads(text) if text[:1] == b"{" else text


@pytest.fixture(scope="module")
def operator(rollout: Rollout) -> Caller:
    """A user of the hub account who may call everything of the API."""
    return Caller(rollout, user(rollout, HUB, "operator", statement("execute-api:Invoke", "arn:aws:execute-api:*:*:*")))


def user(rollout: Rollout, account: str, name: str, *allowed: dict[str, Any]) -> Credentials:
    iam = rollout.client("iam", account)
    iam.create_user(UserName=name)
    if allowed:
        iam.put_user_policy(UserName=name, PolicyName="work", PolicyDocument=json.dumps(policy(*allowed)))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def test_findings_are_listed_shown_and_decided_about(operator: Caller) -> None:
    status, headers, page = operator("/findings?limit=2&severity=HIGH")
    assert (status, len(page["findings"])) == (200, 2)
    assert headers["X-Content-Type-Options"] == "nosniff"
    status, _, rest = operator(f"/findings?limit=10&severity=HIGH&cursor={page['cursor']}")
    assert {one["id"] for one in [*page["findings"], *rest["findings"]]} == {f"f{place}" for place in range(5)}
    status, _, decided = operator("/findings/f1", "PATCH", {"workflow": "SUPPRESSED", "reason": "a drill"})
    assert (status, decided["status"]) == (200, "SUPPRESSED")
    assert "operator" in decided["finding"]["workflow_by"]
    assert operator("/findings/f1")[2]["status"] == "SUPPRESSED"


def test_the_organization_is_told_at_a_glance(operator: Caller) -> None:
    status, _, summary = operator("/summary")
    assert (status, summary["open"]["HIGH"] + summary["accepted"]["HIGH"]) == (200, 5)
    assert operator("/health")[2]["status"] == "ok"
    assert HUB in {one["id"] for one in operator("/accounts")[2]["accounts"]}


def test_who_is_nobody_or_may_nothing_is_refused(rollout: Rollout, operator: Caller) -> None:
    assert Caller(rollout, None)("/findings")[0] == 403
    reading = statement("execute-api:Invoke", "arn:aws:execute-api:*:*:*/v1/GET/*")
    reader = Caller(rollout, user(rollout, HUB, "reader", reading))
    assert reader("/findings")[0] == 200
    assert reader("/findings/f2", "PATCH", {"workflow": "RESOLVED"})[0] == 403
    assert Caller(rollout, user(rollout, HUB, "nobody"))("/findings")[0] == 403
    assert operator("/findings/f2")[2]["status"] == "OPEN"


def test_another_account_is_refused(rollout: Rollout) -> None:
    (member,) = {account.id for account in rollout.organization.members} - {HUB}
    everything = statement("execute-api:Invoke", "*")
    assert Caller(rollout, user(rollout, member, "neighbour", everything))("/findings")[0] == 403


def test_every_documented_path_answers(operator: Caller) -> None:
    for path, operations in DOCUMENT["paths"].items():
        if "get" in operations:
            assert operator(path.replace("{finding_id}", "f0"))[0] == 200


# Its requests are signed; what is not is refused in the tests above.
API = schemathesis.openapi.from_dict({**DOCUMENT, "security": []})
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@API.parametrize()
@settings(max_examples=60, deadline=None, database=None, derandomize=True)
def test_nothing_that_is_asked_makes_it_fail(case: schemathesis.Case, operator: Caller) -> None:
    with requests.Session() as session:
        session.auth = operator.sign
        answer = case.call(base_url=operator.base, session=session, timeout=30)
    # What the gateway refuses by itself, for IAM or its limit on a request's line, the function has not seen.
    assume(answer.status_code not in {403, 431})
    case.validate_response(answer, checks=CHECKS)
