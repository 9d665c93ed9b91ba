"""Starts and stops the local organization, and writes the configuration that leads to it."""

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import boto3
import msgspec

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv-localorg" / "bin" / "python"
FOLDER = Path("build/local")
START_SECONDS = 60
STOP_SECONDS = 10
REGIONS = ("us-east-1", "eu-west-1")
DASHBOARD = "http://127.0.0.1:8501"
SENDER = "muster@example.com"
_STATE = "organization.json"
_BAD_INPUT = 2  # how `python -m localorg` ends when its arguments or its port cannot be had


# Children must be waited for by whoever started them.
_STARTED: dict[int, subprocess.Popen[bytes]] = {}


class LocalError(RuntimeError):
    """The local organization cannot be started, reached or stopped; the text says what to do."""


class BadStartError(LocalError):
    """What was asked for cannot be started: a port that is taken, an organization that runs already."""


class Account(msgspec.Struct, frozen=True):
    """A member account."""

    id: str
    name: str
    ou_path: str


class LocalOrganization(msgspec.Struct, frozen=True):
    """A running local organization."""

    endpoint: str
    pid: int
    id: str
    root: str
    management: str
    hub: str
    members: tuple[Account, ...]
    folder: str = str(FOLDER)

    @property
    def config(self) -> Path:
        """The `muster.toml` for it."""
        return Path(self.folder) / "muster.toml"

    def get(self, path: str) -> Any:
        """Return the answer of one of its own endpoints (`/_localorg/…`)."""
        return self._asked(urllib.request.Request(self.endpoint + path))  # noqa: S310 - loopback, made by us

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send JSON to one of its own endpoints and return the answer."""
        data = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return self._asked(urllib.request.Request(self.endpoint + path, data, headers))  # noqa: S310 - as get

    def _asked(self, request: urllib.request.Request) -> Any:
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310 - as get
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise LocalError(f"the local organization refused {request.full_url}: {error.read().decode()}") from error
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            raise LocalError(
                f"no local organization answers at {self.endpoint}; start one with `muster local up`"
            ) from error


def start(accounts: int, port: int, folder: Path = FOLDER, *, detached: bool) -> LocalOrganization:
    """Start a local organization and write its files to `folder`; a detached one outlives this process."""
    if not PYTHON.exists():
        raise LocalError("the local organization is not set up: run `make setup`")
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(PYTHON), "-m", "localorg", "--port", str(port), "--accounts", str(accounts)]
    command += ["--regions", ",".join(REGIONS)]
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
    write_files(organization)
    _verify_sender(organization)
    return organization


def running(folder: Path = FOLDER) -> LocalOrganization:
    """Return the organization that a detached start left running; `LocalError` when none is."""
    state = folder / _STATE
    if not state.exists():
        raise LocalError("no local organization is running; start one with `muster local up`")
    return msgspec.json.decode(state.read_bytes(), type=LocalOrganization)


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
    (Path(organization.folder) / _STATE).unlink(missing_ok=True)


def wait_until_settled(organization: LocalOrganization, seconds: float) -> dict[str, Any]:
    """Wait until nothing is on its way any more and return what is left in dead-letter queues, by queue ARN."""
    end = time.monotonic() + seconds
    quiet = 0
    while time.monotonic() < end:
        state = organization.get("/_localorg/settled")
        # Twice: a message may be between two hops just when one looks.
        quiet = quiet + 1 if state["settled"] else 0
        if quiet > 1:
            return {queue: count for queue, count in state["dead_letters"].items() if count}
        time.sleep(0.2)
    raise LocalError(f"events were still on their way after {seconds:.0f} s: {json.dumps(state['pending'])}")


def write_files(organization: LocalOrganization) -> None:
    """Write the AWS configuration (profiles hub, management, each member), `muster.toml` and how to find it again."""
    folder = Path(organization.folder)
    (folder / "aws-config").write_text(_aws_config(organization))
    organization.config.write_text(_muster_toml(organization))
    (folder / _STATE).write_bytes(msgspec.json.format(msgspec.json.encode(organization)))


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


def _why_not(process: subprocess.Popen[bytes], log: Path) -> LocalError:
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
            f"a local organization of {folder} runs already; end it with Ctrl-C where it runs, or `muster local down`"
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


def _aws_config(organization: LocalOrganization) -> str:
    profiles = {"hub": organization.hub, "management": organization.management}
    profiles |= {one.name: one.id for one in organization.members}
    return "\n".join(
        f"[profile {name}]\naws_access_key_id = {account}\naws_secret_access_key = local\n"
        f"region = {REGIONS[0]}\nendpoint_url = {organization.endpoint}\n"
        for name, account in profiles.items()
    )


def _muster_toml(organization: LocalOrganization) -> str:
    regions = ", ".join(f'"{region}"' for region in REGIONS)
    config_file = (Path(organization.folder) / "aws-config").resolve()
    return f"""# Muster on the local organization at {organization.endpoint}.
[organization]
id = "{organization.id}"
ous = ["{organization.root}"]

[aws]
hub_account = "{organization.hub}"
home_region = "{REGIONS[0]}"
regions = [{regions}]
target = "host"
profile = "hub"
config_file = "{config_file}"

[web]
dashboard_url = "{DASHBOARD}"

[channels.email]
sender = "{SENDER}"
recipients = ["security@example.com"]
"""


def _is_alive(pid: int) -> bool:
    if pid in _STARTED:
        return _STARTED[pid].poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
