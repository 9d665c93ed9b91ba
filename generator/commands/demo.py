"""`muster demo` and `muster dashboard`."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn

from contract.clock import now
from generator.commands.options import (
    CONFIG,
    ConfigOption,
    DashboardPortOption,
    JsonOption,
    PortOption,
)
from generator.config import Config, load
from generator.demo.filling import fill
from generator.demo.report import DemoReport
from generator.demo.run import run_demo
from generator.demo.summary import print_summary
from generator.local.organization import LocalOrganization
from generator.local.problems import BadStartError, LocalError
from generator.local.process import DASHBOARD_PORT, start, stop
from generator.third_party import ROOT

FAILED = 1
_FEW, _MANY = 5, 200


def demo(  # noqa: PLR0913 - the options of the command
    *,
    accounts: Annotated[
        int | None,
        typer.Option("--accounts", min=1, max=1000, help="Member accounts beside the hub; 5, or 200 with --scale."),
    ] = None,
    scale: Annotated[
        int, typer.Option("--scale", min=0, max=1_000_000, help="Findings of the last 90 days to begin with.")
    ] = 0,
    port: PortOption = 0,
    dashboard_port: DashboardPortOption = DASHBOARD_PORT,
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard", help="End after the summary.")] = False,
    json: JsonOption = False,
) -> None:
    """Bring up an emulated organization, roll out to it, replay recorded events, show what came of them."""
    started = time.monotonic()
    console = Console(stderr=json, highlight=False)
    if not (no_dashboard or json):
        check_port(dashboard_port, "--dashboard-port")
    with console.status("Starting the local organization"):
        members = accounts or (_MANY if scale else _FEW)
        organization = start(members, port, Path("build/demo"), detached=False, dashboard_port=dashboard_port)
    try:
        report = _run(organization, console, started, scale)
        _tell(report, console, organization.outbox, json=json)
        if not (no_dashboard or json):
            config = load(organization.config)
            show_dashboard(config, organization.config.parent, dashboard_port, console)
    finally:
        console.print("[dim]Stopping the local organization[/dim]")
        stop(organization)
    if report.problems:
        raise typer.Exit(FAILED)


def _run(organization: LocalOrganization, console: Console, started: float, scale: int) -> DemoReport:
    with console.status("Rolling out") as status:

        def say(text: str) -> None:
            status.update(text)
            console.print(f"[dim]{time.monotonic() - started:5.1f} s[/dim]  {text}")

        def put(to: LocalOrganization, config: Config) -> None:
            status.stop()
            _fill(to, config, scale, console)
            status.start()

        say(f"Organization {organization.id} at {organization.endpoint}")
        return run_demo(organization, say, started, put)


def _fill(organization: LocalOrganization, config: Config, number: int, console: Console) -> None:
    if number:
        with Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=console) as progress:
            task = progress.add_task("Findings of the last 90 days", total=number)
            fill(organization, config, number, now(), lambda some: progress.advance(task, some))


def _tell(report: DemoReport, console: Console, outbox: Path, *, json: bool) -> None:
    if not json:
        print_summary(console, report, str(outbox))
        return
    typer.echo(report.line())
    for problem in report.problems:
        console.print(f"lost: {problem}", markup=False)


def dashboard(*, config: ConfigOption = CONFIG, port: PortOption = DASHBOARD_PORT) -> None:
    """Open the dashboard on what is deployed."""
    check_port(port, "--port")
    show_dashboard(load(config), config.parent, port, Console(highlight=False))


def check_port(port: int, option: str) -> None:
    """Raise `BadStartError` when the dashboard's port is taken; `option` is how the command at hand takes another."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise BadStartError(
                f"port {port} on 127.0.0.1 is already in use; choose another for the dashboard with {option}"
            ) from error


def show_dashboard(config: Config, folder: Path, port: int, console: Console) -> None:
    """Serve the dashboard on loopback until Ctrl-C."""
    console.print(f"Dashboard: http://127.0.0.1:{port} (Ctrl-C ends it)")
    process = start_dashboard(config, folder, port)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        code = 0
    finally:
        process.terminate()
        process.wait()
    if code:
        raise LocalError(f"the dashboard ended by itself with exit code {code}; what it printed says why")


def start_dashboard(config: Config, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the dashboard on loopback and return its process, which the caller ends; `folder` holds `muster.toml`."""
    names = config.names
    environment = {
        **os.environ,
        "FINDINGS_TABLE": names.findings_table,
        "STATE_TABLE": names.state_table,
        "ORGANIZATION_ID": config.organization.id,
        "AWS_DEFAULT_REGION": config.aws.home_region,
    }
    if config.aws.profile:
        environment["AWS_PROFILE"] = config.aws.profile
    if config.aws.config_file:
        environment["AWS_CONFIG_FILE"] = str((folder / config.aws.config_file).resolve())
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboard" / "app.py")]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port), "--browser.gatherUsageStats", "false"]
    return subprocess.Popen(command, env=environment, cwd=ROOT)  # noqa: S603 - our own interpreter
