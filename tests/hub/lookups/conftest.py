"""An account that answers reads as a test says, through botocore's real clients: parameters and errors are AWS's."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.session import Session

from hub.lookups import addresses
from hub.lookups.lookup import Question

ACCOUNT, REGION = "444455556666", "eu-central-1"
# Service models take long to read.
SESSION = Session()
# Calls that IAM knows by another name than the API.
NAMES = {
    ("s3", "GetPublicAccessBlock"): "s3:GetBucketPublicAccessBlock",
    ("s3control", "GetPublicAccessBlock"): "s3:GetAccountPublicAccessBlock",
}


class MemberAccount:
    """Answers by operation: what AWS would, the code of its refusal, an error; what is not said was not to be asked."""

    def __init__(self, **answers: Mapping[str, Any] | str | Exception) -> None:
        self.answers = answers
        self.actions: set[str] = set()

    def __call__(self, service: str) -> Any:
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        client = SESSION.create_client(service, REGION, **keys)
        client.meta.events.register("before-call.*.*", self._answer)
        return client

    def _answer(self, model: Any, **_: Any) -> tuple[Any, Mapping[str, Any]]:
        service, call = model.service_model.service_name, model.name
        self.actions.add(NAMES.get((service, call), f"{model.service_model.signing_name}:{call}"))
        answer = self.answers.get(f"{service}_{call}", self.answers.get(call))
        assert answer is not None, f"{service} {call} was not to be asked"
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, str):
            code, _, status = answer.partition(" ")
            refusal = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": int(status or 400)}}
            return SimpleNamespace(status_code=int(status or 400)), refusal
        # botocore decodes policies in place.
        return SimpleNamespace(status_code=200), deepcopy(answer)


@pytest.fixture
def question() -> Callable[..., Question]:
    """Ask about a resource; what is not said is usual."""

    def asked(resource: str, lookup: str = "bucket_policy", **changes: Any) -> Question:
        usual: dict[str, Any] = {"finding": "f1", "account": ACCOUNT, "region": REGION}
        return Question(lookup=lookup, resource=resource, **{**usual, **changes})

    return asked


@pytest.fixture(autouse=True)
def _published(monkeypatch: pytest.MonkeyPatch) -> None:
    """What AWS publishes of its addresses, without asking it."""
    prefixes = [
        {"ip_prefix": "192.0.2.0/24", "service": "EC2"},
        {"ip_prefix": "203.0.113.0/24", "service": "AMAZON"},
    ]
    networks = addresses.networks_of({"prefixes": prefixes, "ipv6_prefixes": []})
    monkeypatch.setattr(addresses, "aws_networks", lambda: networks)
