"""A gateway process per session, and a way to start special ones."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-localorg" / "bin" / "python"


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


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """Wait for a condition: `eventually(condition, seconds=15)`."""
    return until


@pytest.fixture(scope="session")
def start_gateway() -> Iterator[Callable[..., Organization]]:
    """Start a gateway with further arguments; it ends with the session."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **environment: str) -> Organization:
        command = [str(PYTHON), "-m", "localorg", "--port", "0", "--with-parent", str(os.getpid()), *arguments]
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
        )
        started.append(process)
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        made = ready["organization"]
        return Organization(
            endpoint=ready["endpoint"],
            id=made["id"],
            root=made["root"],
            management=made["management"],
            hub=made["hub"],
            members=[member["id"] for member in made["members"]],
            ous=made["ous"],
            process=process,
        )

    yield start
    for process in started:
        process.terminate()
        process.wait(10)
        if process.stdout:
            process.stdout.close()


@pytest.fixture(scope="session")
def organization(start_gateway: Callable[..., Organization]) -> Organization:
    """The gateway that the tests share; each test uses names of its own."""
    return start_gateway()
