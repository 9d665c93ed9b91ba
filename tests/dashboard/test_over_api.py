"""The dashboard on the hub's API: the function itself answers, and what it does not tell is said."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.credentials import Credentials
from streamlit.testing.v1 import AppTest
from urllib3.exceptions import ProtocolError

from contract.finding import Workflow
from dashboard import data
from dashboard.deeds import Deed, Said
from dashboard.filters import Filters, Order, State
from dashboard.over_api import Api, NotAnsweredError
from dashboard.problems import DataError
from hub.api import handler as module
from hub.store.accounts import Account, AccountStore
from hub.store.findings import FindingStore
from hub.store.query import FindingQuery

Show = Callable[..., AppTest]
Markup = Callable[[AppTest], str]
ADDRESS = "https://abcdef1234.execute-api.eu-west-1.amazonaws.com/v1"
ROLE = "arn:aws:sts::111122223333:assumed-role/muster-dashboard-operator-eu-west-1/task"
PAYMENTS, SANDBOX = "111122223333", "444455556666"


class Gateway:
    """API Gateway as clients see it: it asks the function. `asked` are the requests, `status` what it says itself."""

    def __init__(self) -> None:
        self.asked: list[SimpleNamespace] = []
        self.status = 0

    def request(self, method: str, url: str, *, body: str | None, headers: dict[str, str], **_: Any) -> Any:
        self.asked.append(SimpleNamespace(method=method, url=url, headers=headers))
        if self.status:
            return SimpleNamespace(status=self.status, data=b'{"detail": "no"}')
        parts = urlsplit(url)
        lists = parse_qs(parts.query)
        event = {
            "resource": "/{proxy+}",
            "path": parts.path.removeprefix("/v1"),
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": {name: values[-1] for name, values in lists.items()} or None,
            "multiValueQueryStringParameters": lists or None,
            "requestContext": {"identity": {"userArn": ROLE}, "path": parts.path, "stage": "v1", "requestId": "1"},
            "body": body,
            "isBase64Encoded": False,
        }
        answer = module.answer_handler(
            event,
            SimpleNamespace(
                function_name="api", memory_limit_in_mb=256, invoked_function_arn="arn", aws_request_id="1"
            ),
        )
        return SimpleNamespace(status=answer["statusCode"], data=answer["body"].encode())


@pytest.fixture
def gateway(tables: Any, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    made = Gateway()
    monkeypatch.setenv("FINDINGS_TABLE", "muster-findings")
    monkeypatch.setenv("STATE_TABLE", "muster-state")
    monkeypatch.setenv("API_URL", ADDRESS)
    monkeypatch.setattr(module, "aws_client", lambda _service: tables)
    monkeypatch.setattr(data.urllib3, "PoolManager", lambda **_: made)
    module._settings.cache_clear()
    return made


@pytest.fixture
def api(gateway: Gateway) -> Api:
    return Api(ADDRESS, "eu-west-1", Credentials("AKIDEXAMPLE", "secret", "token"), gateway)  # type: ignore[arg-type]


def test_every_request_is_signed_for_the_api(api: Api, gateway: Gateway) -> None:
    api.page(FindingQuery(resource="arn:aws:iam::111122223333:user/one two"), None, 50)
    (asked,) = gateway.asked
    assert asked.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/execute-api/aws4_request" in asked.headers["Authorization"]
    assert asked.headers["X-Amz-Security-Token"] == "token"
    assert "one%20two" in asked.url


def test_lists_findings_histories_and_accounts_are_those_of_the_tables(api: Api, tables: Any) -> None:
    store = FindingStore(tables, "muster-findings")
    page = api.page(FindingQuery(), None, 50)
    assert [one.id for one in page.findings] == [one.id for one in store.page(FindingQuery()).findings]
    assert api.get("one") == store.get("one")
    assert api.get("nobody") is None
    assert api.history("nobody") == []
    assert {one.id for one in api.accounts()} == {one.id for one in AccountStore(tables, "muster-state").all()}
    assert sum(api.summary().open.values()) == 4


def test_more_accounts_than_a_request_takes_are_picked_here(api: Api, gateway: Gateway) -> None:
    many = (SANDBOX, *(f"{number:012}" for number in range(60)))
    found = api.page(FindingQuery(accounts=many), None, 50).findings
    assert {one.account for one in found} == {SANDBOX}
    assert "account=" not in gateway.asked[0].url


@pytest.mark.parametrize(("status", "mend"), [(403, "execute-api:Invoke"), (409, "same moment"), (500, "log group")])
def test_a_refusal_says_what_mends_it(api: Api, gateway: Gateway, status: int, mend: str) -> None:
    gateway.status = status
    with pytest.raises(DataError) as error:
        api.summary()
    assert mend in error.value.mend


def test_an_api_that_does_not_answer_is_one_clear_message(api: Api, gateway: Gateway, monkeypatch: Any) -> None:
    def unreachable(*_: Any, **__: Any) -> None:
        raise ProtocolError("reset")

    monkeypatch.setattr(gateway, "request", unreachable)
    with pytest.raises(DataError, match="reset"):
        api.summary()


def test_the_overview_shows_what_the_api_tells_and_says_what_it_does_not(
    gateway: Gateway, show: Show, markup: Markup
) -> None:
    app = show()
    page = markup(app)
    assert not app.exception
    assert "4 open findings" in page
    assert "Not told by the API" in page
    assert "No open findings" not in page
    assert "spokes report" not in page


def test_findings_are_listed_filtered_and_decided_over_the_api(gateway: Gateway, show: Show, markup: Markup) -> None:
    page = markup(show("findings", account=SANDBOX))
    assert "sandbox-alice" in page
    assert "User one created" not in page
    data.act("one", Deed.SUPPRESS, Said(by="carol@example.com", note="a drill"))
    found = data.finding("one")
    assert found
    assert (found.workflow, found.workflow_by) == (Workflow.SUPPRESSED, ROLE)
    assert found.note == "carol@example.com: a drill"
    assert data.history("one") == []  # the stream's function remembers changes, and none runs here


def test_closed_findings_are_not_told_and_the_page_says_so(gateway: Gateway, show: Show, markup: Markup) -> None:
    assert "the API does not tell" in markup(show("findings", status="closed"))
    with pytest.raises(NotAnsweredError):
        data.listed(Filters(status=State.CLOSED), data.organization())
    with pytest.raises(NotAnsweredError):
        data.listed(Filters(order=Order.OLDEST), data.organization())
    with pytest.raises(NotAnsweredError):
        data._client()


def test_a_viewer_of_a_unit_sees_no_more_over_the_api(
    gateway: Gateway, tables: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    AccountStore(tables, "muster-state").write(
        [
            Account(id=PAYMENTS, name="payments", ou_ids=("r-exam", "ou-exam-11111111")),
            Account(id=SANDBOX, name="sandbox", ou_ids=("r-exam", "ou-exam-22222222")),
        ]
    )
    provider = {"issuer": "https://login.example.com", "client_id": "m", "address": "https://muster.example.com"}
    groups = [{"group": "payments", "units": ["ou-exam-11111111"]}]
    monkeypatch.setenv("SIGN_IN", json.dumps({**provider, "groups": groups}))
    claims = {"is_logged_in": True, "email": "dave@example.com", "iat": data.now().timestamp(), "groups": ["payments"]}
    monkeypatch.setattr(type(data.st.user), "to_dict", lambda _: claims)
    assert {one.id for one in data.listed(Filters(), data.organization()).findings} == {"one", "two"}
    assert data.listed(Filters(account=(SANDBOX,)), data.organization()).findings == ()
    assert data.finding("three") is None
    with pytest.raises(DataError, match="whole organization"):
        data.at_a_glance()
