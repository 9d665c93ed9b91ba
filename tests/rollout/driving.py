"""What a person does to a rolled-out organization, and what they see of it."""

import subprocess
import sys
from pathlib import Path

from tests.rollout.deployed import Rollout
from tests.rollout.leftovers import leftovers

MANAGEMENT, HUB, SANDBOX = "999999999999", "111122223333", "333333333333"
TAGGER = "muster-spoke-creator-tagger"


def created_by_keys(rollout: Rollout) -> set[str]:
    """Read a setting back in every spoke."""
    found = set()
    for account, region, _ in rollout.instances():
        function = rollout.client("lambda", account, region).get_function_configuration(FunctionName=TAGGER)
        found.add(function["Environment"]["Variables"]["CREATED_BY_KEY"])
    return found


def collide(rollout: Rollout, account: str, role: str) -> None:
    """Make a role in an account whose name its spoke needs."""
    rollout.client("iam", account).create_role(RoleName=role, AssumeRolePolicyDocument="{}")


def move(rollout: Rollout, account: str, source: str, destination: str) -> None:
    organizations = rollout.client("organizations", MANAGEMENT)
    organizations.move_account(AccountId=account, SourceParentId=source, DestinationParentId=destination)
    rollout.settle()


def of_account(rollout: Rollout, account: str) -> list[str]:
    return sorted(status for owner, _, status in rollout.instances() if owner == account)


def muster(rollout: Rollout, settings: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [str(Path(sys.executable).with_name("muster")), *arguments, "--config", str(settings)]
    return subprocess.Popen(command, cwd=rollout.folder.parent, text=True, stdout=subprocess.PIPE)


def everything_left(rollout: Rollout) -> dict[str, set[str]]:
    """Return what is left of Muster by account and Region, where anything is."""
    accounts = [MANAGEMENT, HUB, *(one.id for one in rollout.organization.members)]
    places = {f"{account} {region}": (account, region) for account in accounts for region in rollout.config.regions}
    found = {
        name: leftovers(lambda service, at=place: rollout.client(service, *at), "muster")
        for name, place in places.items()
    }
    return {name: left for name, left in found.items() if left}
