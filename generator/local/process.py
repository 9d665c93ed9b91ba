"""Starts and stops the local organization."""

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import boto3

from generator.local.files import FOLDER, REGIONS, SENDER, forget, write_files
from generator.local.organization import Account, LocalOrganization
from generator.local.problems import BadStartError, LocalError
from generator.problems import ProblemError
from generator.third_party import ROOT

PYTHON = ROOT / ".venv-localorg" / "bin" / "python"
DASHBOARD_PORT = 8501
START_SECONDS = 60
STOP_SECONDS = 10
_BAD_INPUT = 2  # how `python -m localorg` ends when its arguments or its port cannot be had


# Children must be waited for by whoever started them.
_STARTED: dict[int, subprocess.Popen[bytes]] = {}


def start(  # noqa: PLR0913 - how it differs from the usual one
    accounts: int,
    port: int,
    folder: Path = FOLDER,
    *,
    detached: bool,
    dashboard_port: int = DASHBOARD_PORT,
    bare: bool = False,
    trail: bool = True,
) -> LocalOrganization:
    """Start a local organization and write its files to `folder`; a detached one outlives this process.

    Its emails link to a dashboard on `dashboard_port`. In a bare one nothing is delegated to the hub yet; without
    `trail`, the organization has none.
    """
    if not PYTHON.exists():
        raise LocalError("the local organization is not set up: run `make setup`")
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(PYTHON), "-m", "localorg", "--port", str(port), "--accounts", str(accounts)]
    command += ["--regions", ",".join(REGIONS), *(["--bare"] if bare else []), *([] if trail else ["--no-trail"])]
    command += [] if detached else ["--with-parent", str(os.getpid())]
    with _locked(folder) as lock, (folder / "localorg.log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            pass_fds=(lock.fileno(),),
        )
    _STARTED[process.pid] = process
    line = _first_line(process)
    if not line:
        raise _why_not(process, folder / "localorg.log")
    organization = _organization(json.loads(line), process.pid, folder)
    write_files(organization, dashboard_port)
    _verify_sender(organization)
    return organization


def stop(organization: LocalOrganization) -> None:
    """Stop it and wait until it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(organization.pid, signal.SIGTERM)
    end = time.monotonic() + STOP_SECONDS
    while _is_alive(organization.pid):
        if time.monotonic() > end:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(organization.pid, signal.SIGKILL)
            break
        time.sleep(0.05)
    forget(organization)


def _verify_sender(organization: LocalOrganization) -> None:
    """Make the sender an SES identity of the hub: what a person does once on AWS."""
    client = boto3.client(
        "sesv2",
        region_name=REGIONS[0],
        endpoint_url=organization.endpoint,
        aws_access_key_id=organization.hub,
        aws_secret_access_key="local",  # noqa: S106 - the local organization takes any
    )
    client.create_email_identity(EmailIdentity=SENDER)


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    with process.stdout as stdout:
        ready, _, _ = select.select([stdout], [], [], START_SECONDS)
        return stdout.readline() if ready else b""


def _why_not(process: subprocess.Popen[bytes], log: Path) -> ProblemError:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=2)
    process.kill()
    said = log.read_text().strip().splitlines()
    text = said[-1].removeprefix("error: ") if said else f"it did not start within {START_SECONDS} s"
    return BadStartError(text) if process.wait() == _BAD_INPUT else LocalError(text)


def _locked(folder: Path) -> TextIO:
    """Return a file that is locked for as long as the organization, which inherits it, lives."""
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise BadStartError(
            f"a local organization of {folder} runs already; end a demo with Ctrl-C where it runs, any other with "
            "`muster local down`"
        ) from error
    return lock


def _organization(answer: Mapping[str, Any], pid: int, folder: Path) -> LocalOrganization:
    found = answer["organization"]
    return LocalOrganization(
        endpoint=answer["endpoint"],
        pid=pid,
        id=found["id"],
        root=found["root"],
        management=found["management"],
        hub=found["hub"],
        members=tuple(Account(one["id"], one["name"], one["ou_path"]) for one in found["members"]),
        folder=str(folder),
    )


def _is_alive(pid: int) -> bool:
    if pid in _STARTED:
        return _STARTED[pid].poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
