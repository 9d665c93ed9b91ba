"""Muster rolled out to a local organization of a test's own, with settings that the test changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from contract.clock import now
from generator.config import Config, Target, load
from generator.generate import generate
from generator.local.organization import LocalOrganization, wait_until_settled
from generator.local.process import start, stop
from generator.rollout.apply import deploy
from generator.rollout.comparison import Change, changes
from generator.rollout.condition import SpokeStatus, statuses
from generator.rollout.session import hub_session
from generator.rollout.step import Step


@dataclass
class Rollout:
    """A running organization, and the settings that are rolled out to it."""

    organization: LocalOrganization
    folder: Path
    config: Config

    @property
    def session(self) -> boto3.Session:
        """A session of the hub."""
        return hub_session(self.config, self.organization.config.parent)

    def change(self, section: str, **values: Any) -> None:
        """Change settings of a section."""
        changed = getattr(self.config, section).model_copy(update=values)
        self.config = Config.model_validate(self.config.model_copy(update={section: changed}).model_dump())

    def deploy(self) -> list[Step]:
        """Generate and roll out; return what was done."""
        manifest = generate(self.config, Target.HOST, self.folder)
        steps = list(deploy(self.config, manifest, self.folder / Target.HOST, self.session, poll_seconds=0.1))
        wait_until_settled(self.organization, 60)
        return steps

    def planned(self) -> list[Change]:
        """Generate and return what a deploy would change."""
        generate(self.config, Target.HOST, self.folder)
        return changes(self.config, self.folder / Target.HOST, self.session)

    def beat(self) -> list[SpokeStatus]:
        """Let every spoke beat now and return how each is."""
        for one in statuses(self.config, self.session, now()):
            self.client("lambda", one.account, one.region).invoke(FunctionName="muster-spoke-heartbeat", Payload=b"{}")
        wait_until_settled(self.organization, 60)
        return statuses(self.config, self.session, now())

    def client(self, service: str, account: str, region: str = "us-east-1", **credentials: str) -> Any:
        """Return a client of the account's root, or with an assumed role's credentials."""
        keys = credentials or {"aws_access_key_id": account, "aws_secret_access_key": "local"}
        return boto3.client(service, region_name=region, endpoint_url=self.organization.endpoint, **keys)


@contextmanager
def rolling_out(folder: Path, accounts: int, *, trail: bool = True) -> Iterator[Rollout]:
    """Start an organization with its files in the folder; nothing is deployed yet."""
    organization = start(accounts, 0, folder, detached=False, trail=trail)
    try:
        yield Rollout(organization, folder / "build", load(organization.config))
    finally:
        stop(organization)
