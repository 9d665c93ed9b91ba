"""The options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[Path, typer.Option("--config", help="The settings file.")]
OptionalConfigOption = Annotated[Path | None, typer.Option("--config", help="As these settings would have it.")]
OrgOption = Annotated[
    Path | None, typer.Option("--org", help="The organization's accounts, as `aws organizations list-accounts` has it.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")]
DashboardPortOption = Annotated[int, typer.Option("--dashboard-port", min=1, max=65535, help="Port of the dashboard.")]
AccountsOption = Annotated[int, typer.Option("--accounts", min=1, max=1000, help="Member accounts beside the hub.")]
KeyOption = Annotated[str | None, typer.Option("--key", help="Take the event from this key of each item.")]
CONFIG = Path("muster.toml")
