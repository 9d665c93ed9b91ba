"""The files of a local organization: AWS profiles, `muster.toml`, and how to find it again."""

from pathlib import Path

import msgspec

from generator.local.organization import LocalOrganization
from generator.local.problems import LocalError
from generator.third_party import ROOT

FOLDER = Path("build/local")
REGIONS = ("us-east-1", "eu-west-1")
SENDER = "muster@example.com"
_STATE = "organization.json"
# Stands for a vendor's agent.
_AGENT = ROOT / "generator" / "demo" / "agent"


def write_files(organization: LocalOrganization, dashboard_port: int) -> None:
    """Write the AWS configuration (profiles hub, management, each member), `muster.toml` and how to find it again."""
    folder = Path(organization.folder)
    (folder / "aws-config").write_text(_aws_config(organization))
    organization.config.write_text(_muster_toml(organization, dashboard_port))
    (folder / _STATE).write_bytes(msgspec.json.format(msgspec.json.encode(organization)))


def running(folder: Path = FOLDER) -> LocalOrganization:
    """Return the organization that a detached start left running; `LocalError` when none is."""
    state = folder / _STATE
    if not state.exists():
        raise LocalError("no local organization is running; start one with `muster local up`")
    return msgspec.json.decode(state.read_bytes(), type=LocalOrganization)


def forget(organization: LocalOrganization) -> None:
    """Remove what says that it runs."""
    (Path(organization.folder) / _STATE).unlink(missing_ok=True)


def _aws_config(organization: LocalOrganization) -> str:
    profiles = {"hub": organization.hub, "management": organization.management}
    profiles |= {one.name: one.id for one in organization.members}
    return "\n".join(
        f"[profile {name}]\naws_access_key_id = {account}\naws_secret_access_key = local\n"
        f"region = {REGIONS[0]}\nendpoint_url = {organization.endpoint}\n"
        for name, account in profiles.items()
    )


def _muster_toml(organization: LocalOrganization, dashboard_port: int) -> str:
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
management_profile = "management"
config_file = "{config_file}"

[agent]
enabled = true
kind = "other"
name = "Example Agent"
linux_install = "{_AGENT / "install.sh"}"
linux_uninstall = "{_AGENT / "uninstall.sh"}"
linux_running = 'cat "$HOME/example-agent.running"'
windows_install = "{_AGENT / "install.ps1"}"
windows_running = 'Get-Content "$Env:ProgramData/example-agent.running" -ErrorAction Stop'
excluded_tags = "Agent:no"

[web]
dashboard_url = "http://127.0.0.1:{dashboard_port}"

[channels.email]
sender = "{SENDER}"
recipients = ["security@example.com"]
messages_per_hour = 200
"""
