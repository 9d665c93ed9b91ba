"""Muster rolled out to a local organization of a test's own, with settings that the test changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

import boto3

from contract.clock import now
from generator.config import Config, Target, load
from generator.generate import generate
from generator.local.organization import LocalOrganization, wait_until_settled
from generator.local.process import start, stop
from generator.rollout.apply import deploy
from generator.rollout.comparison import Change, changes
from generator.rollout.condition import EXCLUDED, SpokeStatus, statuses
from generator.rollout.session import Sessions, open_sessions
from generator.rollout.stack_set import StackSet
from generator.rollout.step import Event, Step
from tests.rollout.cache import share_cache


@dataclass
class Rollout:
    """A running organization, and the settings that are rolled out to it."""

    organization: LocalOrganization
    folder: Path
    config: Config

    @property
    def sessions(self) -> Sessions:
        """The sessions that the settings need."""
        return open_sessions(self.config, self.organization.config.parent)

    def change(self, section: str, **values: Any) -> None:
        """Change settings of a section."""
        changed = getattr(self.config, section).model_copy(update=values)
        self.config = Config.model_validate(self.config.model_copy(update={section: changed}).model_dump())

    def events(self) -> Iterator[Event]:
        """Generate, then roll out as far as the events are asked for."""
        manifest = generate(self.config, Target.HOST, self.folder)
        yield from deploy(self.config, manifest, self.folder / Target.HOST, self.sessions, poll_seconds=0.1)

    def deploy(self) -> list[Step]:
        """Generate and roll out; return what was done."""
        steps = [one for one in self.events() if isinstance(one, Step)]
        self.settle()
        return steps

    def settle(self) -> None:
        """Wait until nothing is on its way any more."""
        wait_until_settled(self.organization, 120)

    def statuses(self) -> list[SpokeStatus]:
        """Return how each spoke is."""
        return statuses(self.config, self.sessions, now())

    def instances(self) -> set[tuple[str, str, str]]:
        """Return account, Region and status of every stack instance."""
        found = StackSet(self.sessions.hub.client("cloudformation"), self.config.names.spoke_stack_set).instances()
        return {(one.account, one.region, one.status) for one in found}

    def planned(self) -> list[Change]:
        """Generate and return what a deploy would change."""
        generate(self.config, Target.HOST, self.folder)
        return changes(self.config, self.folder / Target.HOST, self.sessions)

    def beat(self) -> list[SpokeStatus]:
        """Let every spoke beat now and return how each is that there should be."""
        # An event's time has whole seconds, and of two heartbeats in one second the first is kept: a rollout's own.
        sleep(1)
        for account, region, _ in sorted(self.instances()):
            self.client("lambda", account, region).invoke(FunctionName="muster-spoke-heartbeat", Payload=b"{}")
        self.settle()
        return [one for one in self.statuses() if one.state != EXCLUDED]

    def client(self, service: str, account: str, region: str = "us-east-1", **credentials: str) -> Any:
        """Return a client of the account's root, or with an assumed role's credentials."""
        keys = credentials or {"aws_access_key_id": account, "aws_secret_access_key": "local"}
        return boto3.client(service, region_name=region, endpoint_url=self.organization.endpoint, **keys)


@contextmanager
def rolling_out(folder: Path, accounts: int, *, trail: bool = True) -> Iterator[Rollout]:
    """Start an organization with its files in the folder; nothing is deployed yet."""
    build = folder / "build"
    share_cache(build)
    organization = start(accounts, 0, folder, detached=False, trail=trail)
    try:
        yield Rollout(organization, build, load(organization.config))
    finally:
        stop(organization)
