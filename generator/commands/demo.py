"""`muster demo`."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn

from contract.clock import now
from generator.commands.dashboard import Served, check_port, show_dashboard
from generator.commands.options import DashboardPortOption, JsonOption, PortOption
from generator.config import Config, load
from generator.demo.filling import fill
from generator.demo.report import DemoReport
from generator.demo.run import run_demo
from generator.demo.summary import print_summary
from generator.local.organization import LocalOrganization
from generator.local.process import DASHBOARD_PORT, start, stop

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
            show_dashboard(config, organization.config.parent, Served(port=dashboard_port), console)
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
