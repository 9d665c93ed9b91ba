"""A running local organization: who is in it, and its own endpoints."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from generator.local.problems import LocalError


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
    folder: str

    @property
    def config(self) -> Path:
        """The `muster.toml` for it."""
        return Path(self.folder) / "muster.toml"

    @property
    def outbox(self) -> Path:
        """Where the demo puts the emails that were sent."""
        return Path(self.folder) / "outbox"

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
