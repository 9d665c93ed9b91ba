"""`muster init` on a running organization learns what a rollout needs."""

from pathlib import Path

import pytest

from generator.agents.scripts import load_scripts
from generator.cli import app
from generator.config import load
from generator.generate import generate
from generator.rollout.comparison import changes
from generator.rollout.session import open_sessions
from tests.demo import Demo

pytestmark = pytest.mark.slow


def test_init_learns_the_organization_and_its_file_plans(
    demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(Path(demo.organization.folder) / "aws-config"))
    output = tmp_path / "muster.toml"
    usual = load(demo.organization.config)
    email = usual.channels.email
    assert email
    options = ["--profile", "hub", "--yes", "--region", "eu-west-1", "--sender", email.sender]
    app(["init", *options, "--recipient", email.recipients[0], "--output", str(output)], standalone_mode=False)
    config = load(output)
    assert config.organization.id == demo.organization.id
    assert config.organization.targets == (demo.organization.root,)
    assert config.organization.management_account == demo.organization.management
    assert (config.aws.hub_account, config.aws.home_region) == (demo.organization.hub, "us-east-1")
    assert (config.aws.target, config.spoke.trail) == ("host", "none")
    # Which agent somebody has, it does not ask.
    config = config.model_copy(update={"agent": usual.agent})
    scripts = load_scripts(usual.agent, demo.organization.config.parent)
    generate(config, config.aws.target, tmp_path, scripts=scripts)
    found = changes(config, tmp_path / config.aws.target, open_sessions(config, tmp_path))
    # The demo's emails link to its dashboard, of which init knows nothing.
    assert {one.what for one in found} <= {config.names.hub_stack, f"stack {config.names.hub_stack}"}
