"""A gateway process per session, and a way to start special ones."""

import json
import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.localorg.running import PYTHON, ROOT, Eventually, Organization, StartGateway, until


@pytest.fixture(scope="session")
def eventually() -> Eventually:
    """Wait for a condition: `eventually(condition, seconds=15)`."""
    return until


@pytest.fixture(scope="session")
def start_gateway() -> Iterator[StartGateway]:
    """Start a gateway with further arguments and environment; it ends with the session."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **environment: str) -> Organization:
        followed = () if "--with-parent" in arguments else ("--with-parent", str(os.getpid()))
        command = [str(PYTHON), "-m", "localorg", "--port", "0", *followed, *arguments]
        variables = {**os.environ, **environment}
        started.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=variables))
        return ready(started[-1])

    yield start
    for process in started:
        end(process)


def ready(process: subprocess.Popen[str]) -> Organization:
    """What the gateway says when it is ready."""
    assert process.stdout
    line = json.loads(process.stdout.readline())
    made = line["organization"]
    return Organization(
        endpoint=line["endpoint"],
        id=made["id"],
        root=made["root"],
        management=made["management"],
        hub=made["hub"],
        members=[member["id"] for member in made["members"]],
        ous=made["ous"],
        process=process,
    )


def end(process: subprocess.Popen[str]) -> None:
    """Stop the gateway, the hard way if need be."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
    if process.stdout:
        process.stdout.close()


@pytest.fixture(scope="session")
def organization(start_gateway: StartGateway) -> Organization:
    """The gateway that the tests share; each test uses names of its own."""
    return start_gateway()
