"""`docs/rollout-by-hand.md` does what it says: its commands are run as they stand there."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from contract.names import Names
from generator.config import Config, load
from generator.local.organization import LocalOrganization
from generator.local.process import start, stop
from generator.rollout.session import hub_session
from generator.rollout.stack_set import StackSet
from generator.third_party import ROOT
from hub.store.spokes import SpokeStore
from tests.rollout.cache import share_cache
from tests.rollout.leftovers import leftovers

pytestmark = pytest.mark.slow
PAGE = (ROOT / "docs" / "rollout-by-hand.md").read_text(encoding="utf-8")
AWS_CLI = "awscli==1.46.3"
REGIONS = ("us-east-1", "eu-west-1")
FIRST = (
    "Delegation",
    "Artefact buckets",
    "Packages",
    "Hub",
    "StackSet",
    "Spokes",
    "The hub account's own spoke",
    "Looking",
)
AGAIN = ("Artefact buckets", "Packages", "Hub", "Spokes", "Updating", "The hub account's own spoke", "Looking")
LAST = ("Removing", "Removing what stays", "Ending the delegation")


def commands(markdown: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", markdown, re.MULTILINE | re.DOTALL)


SECTIONS = {
    title: commands(text)
    for title, text in re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
}


class Hands:
    """Somebody with a shell in an empty folder, the AWS CLI and the profiles of a local organization."""

    def __init__(self, folder: Path, organization: LocalOrganization) -> None:
        self.folder = folder
        self.organization = organization
        self.names = Names()
        share_cache(folder / "build")

    @property
    def config(self) -> Config:
        return load(self.folder / "muster.toml")

    @property
    def session(self) -> boto3.Session:
        return hub_session(self.config, self.folder)

    def settle_on(self, ous: list[str], regions: tuple[str, ...], creator: str) -> None:
        """Write `muster.toml`, and what it generates."""
        usual = self.organization.config.read_text()
        settings = re.sub(r"^ous = .*$", f"ous = {ous!r}", usual, flags=re.MULTILINE)
        settings = re.sub(r"^regions = .*$", f"regions = {list(regions)!r}", settings, flags=re.MULTILINE)
        (self.folder / "muster.toml").write_text(f'{settings}\n[creator]\ncreated_by_key = "{creator}"\n')
        self.run([str(ROOT / ".venv/bin/muster"), "generate", "--json"])

    def follow(self, *sections: str) -> str:
        """Run the sections' commands, with the settings of `muster.toml` in place of the page's; return the output."""
        settings, functions = SECTIONS["Settings"]
        values = {
            "build": "build/host",
            "prefix": self.names.prefix,
            "hub": self.organization.hub,
            "home": self.config.aws.home_region,
            "regions": " ".join(self.config.regions),
            "targets": ",".join(self.config.organization.targets),
        }
        assert re.findall(r"^(\w+)=", settings, re.MULTILINE) == [*values], "the page's settings are those of this test"
        given = [f"{name}='{value}'" for name, value in values.items()]
        script = "\n".join([*given, functions, *(block for title in sections for block in SECTIONS[title])])
        return self.run(["bash", "-euo", "pipefail", "-c", script])

    def run(self, command: list[str]) -> str:
        found = str(self.folder / "aws-cli")
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_CONFIG_FILE": str(Path(self.organization.folder).resolve() / "aws-config"),
            "AWS_PROFILE": "hub",
            "PATH": f"{found}:{os.environ['PATH']}",
        }
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def stack_instances(self) -> dict[tuple[str, str], str]:
        found = StackSet(self.session.client("cloudformation"), self.names.spoke_stack_set).instances()
        return {(one.account, one.region): one.status for one in found}

    def config_hashes(self) -> dict[tuple[str, str], str]:
        """Return what each spoke's last heartbeat says it was deployed with."""
        found = [one.heartbeat for one in SpokeStore(self.session.client("dynamodb"), self.names.state_table).all()]
        return {(one.account, one.region): one.config_hash for one in found}

    def left(self) -> set[str]:
        accounts = [self.organization.management, self.organization.hub, *(one.id for one in self.organization.members)]
        return {
            f"{account} {region} {name}"
            for account in accounts
            for region in REGIONS
            for name in leftovers(lambda service, at=(account, region): self.client(service, *at), self.names.prefix)
        }

    def client(self, service: str, account: str, region: str) -> Any:
        keys = {"aws_access_key_id": account, "aws_secret_access_key": "local"}
        return boto3.client(service, region_name=region, endpoint_url=self.organization.endpoint, **keys)


def aws_cli(folder: Path) -> None:
    """Put `aws` into the folder: the AWS CLI in an environment of its own, for it pins botocore."""
    folder.mkdir()
    where = "import sys; print(sys.prefix)"
    command = [str(ROOT / ".venv/bin/uvx"), "--quiet", "--from", AWS_CLI, "python", "-c", where]
    prefix = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    (folder / "aws").symlink_to(Path(prefix) / "bin" / "aws")


@pytest.fixture
def hands(tmp_path: Path) -> Iterator[Hands]:
    aws_cli(tmp_path / "aws-cli")
    organization = start(5, 0, tmp_path / "local", detached=False, bare=True)
    try:
        yield Hands(tmp_path, organization)
    finally:
        stop(organization)


def unit(hands: Hands, name: str) -> str:
    """Return the id of an organizational unit below the root."""
    organizations = hands.client("organizations", hands.organization.management, "us-east-1")
    found = organizations.list_organizational_units_for_parent(ParentId=hands.organization.root)
    return str(next(one["Id"] for one in found["OrganizationalUnits"] if one["Name"] == name))


def test_every_command_of_the_page_is_run() -> None:
    written = {title for title, blocks in SECTIONS.items() if blocks}
    assert written == {"Settings", *FIRST, *AGAIN, *LAST}


def test_a_rollout_by_hand_from_nothing_to_nothing(hands: Hands) -> None:
    hub, members = hands.organization.hub, [one.id for one in hands.organization.members]
    assert hands.left() == set()

    workloads, sandbox = unit(hands, "Workloads"), unit(hands, "Sandbox")
    hands.settle_on([workloads], REGIONS[:1], "CreatedBy")
    said = hands.follow(*FIRST)
    at_work = [one.id for one in hands.organization.members if "Workloads" in one.ou_path]
    assert 0 < len(at_work) < len(members)
    assert hands.stack_instances() == {(one, REGIONS[0]): "CURRENT" for one in at_work}
    before = hands.config_hashes()
    assert before.keys() == {(one, REGIONS[0]) for one in [hub, *at_work]}
    for account in at_work:
        assert f"{account}\t{REGIONS[0]}\tCURRENT" in said
        assert f"{account}#{REGIONS[0]}\t20" in said

    hands.settle_on([workloads, sandbox], REGIONS, "MadeBy")
    hands.follow(*AGAIN)
    assert hands.stack_instances() == {(one, region): "CURRENT" for one in members for region in REGIONS}
    after = hands.config_hashes()
    assert after.keys() == {(one, region) for one in [hub, *members] for region in REGIONS}
    assert len(set(after.values())) == 1
    assert set(after.values()).isdisjoint(before.values())
    # What hands did is what the tool does: it finds nothing to change.
    hands.run([str(ROOT / ".venv/bin/muster"), "plan"])

    hands.follow(*LAST)
    assert hands.left() == set()
    cloudformation = hands.client("cloudformation", hands.organization.management, REGIONS[0])
    assert cloudformation.list_stack_sets(Status="ACTIVE")["Summaries"] == []
