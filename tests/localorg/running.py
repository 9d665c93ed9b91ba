"""A running gateway, as the tests of the local organization see it."""

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.exceptions import ClientError

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-localorg" / "bin" / "python"
Eventually = Callable[..., Any]
StartGateway = Callable[..., "Organization"]


@dataclass(frozen=True)
class Organization:
    """A running gateway and the organization behind it."""

    endpoint: str
    id: str
    root: str
    management: str
    hub: str
    members: list[str]
    ous: dict[str, str]
    process: subprocess.Popen[str]
    clients: dict[tuple[str, str, str], Any] = field(default_factory=dict)

    def client(self, service: str, account: str, region: str = "us-east-1", **credentials: str) -> Any:
        """A boto3 client as the account's root, or with an assumed role's credentials."""
        keys = credentials or {"aws_access_key_id": account, "aws_secret_access_key": "any"}
        place = (service, region, keys["aws_access_key_id"])
        if place not in self.clients:
            self.clients[place] = boto3.client(service, region_name=region, endpoint_url=self.endpoint, **keys)
        return self.clients[place]

    def control(self, path: str, body: Any = None) -> Any:
        """GET a control endpoint, or POST `body` to it."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.endpoint}/_localorg/{path}", data, {"Content-Type": "application/json"})
        with urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())


def until(condition: Callable[[], Any], seconds: float = 15) -> Any:
    """What `condition` gives once it gives something; its last answer when time is up."""
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def refused(call: Callable[..., Any], *arguments: Any, **keywords: Any) -> str:
    """The code with which AWS refuses a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **keywords)
    return str(caught.value.response["Error"]["Code"])
