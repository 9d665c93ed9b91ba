"""A demo that has run: the real templates and packages on the local organization."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.demo.report import DemoReport
from generator.demo.run import run_demo
from generator.local.organization import LocalOrganization, wait_until_settled
from generator.local.process import start, stop
from tests.root_client import root_client


@dataclass(frozen=True)
class Demo:
    """A demo that has run, with its organization still there."""

    organization: LocalOrganization
    report: DemoReport

    def client(self, service: str, account: str, region: str = "us-east-1") -> Any:
        """Return a client of the account's root."""
        return root_client(self.organization, service, account, region)

    def hub(self, service: str) -> Any:
        """Return a client of the hub's root in the home Region."""
        return self.client(service, self.organization.hub)

    def settle(self) -> dict[str, Any]:
        """Wait until nothing is on its way; return what lies in dead-letter queues."""
        return wait_until_settled(self.organization, 60)

    def inject(self, event: dict[str, Any]) -> None:
        """Put an event on the bus of its account."""
        self.organization.post(
            "/_localorg/events", {"account": event["account"], "region": event["region"], "event": event}
        )


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """Run the demo with its files in the folder; its organization is there until the end."""
    organization = start(5, 0, folder, detached=False)
    try:
        yield Demo(organization, run_demo(organization, lambda _: None, time.monotonic()))
    finally:
        stop(organization)
