"""`muster dashboard`."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from dashboard.sign_in import is_loopback
from generator.commands.options import CONFIG, ConfigOption, PortOption
from generator.config import Config, load
from generator.dashboard_environment import dashboard_environment, written_sign_in
from generator.local.problems import BadStartError, LocalError
from generator.local.process import DASHBOARD_PORT
from generator.problems import BadInputError
from generator.third_party import ROOT

LOOPBACK = "127.0.0.1"


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """Where the dashboard listens, whether people sign in, and the API that it reads (empty: the hub's tables)."""

    port: int = DASHBOARD_PORT
    address: str = LOOPBACK
    signs_in: bool = False
    api: str = ""


def dashboard(
    *,
    config: ConfigOption = CONFIG,
    port: PortOption = DASHBOARD_PORT,
    address: Annotated[
        str, typer.Option("--address", help="Where to listen; any but 127.0.0.1 needs web.sign_in.")
    ] = LOOPBACK,
    sign_in: Annotated[
        bool, typer.Option("--sign-in/--no-sign-in", help="Whether people sign in, as web.sign_in says.")
    ] = True,
    api: Annotated[str, typer.Option("--api", help="Read this API (the hub's output ApiUrl), not the tables.")] = "",
) -> None:
    """Open the dashboard on what is deployed."""
    settings = load(config)
    how = Served(port=port, address=address, signs_in=sign_in and settings.web.sign_in is not None, api=api)
    if not (how.signs_in or is_loopback(address)):
        raise BadInputError(f"--address: without a sign-in the dashboard listens on {LOOPBACK} only; set [web.sign_in]")
    if api and not api.startswith("https://"):
        raise BadInputError(f"--api: {api} is no address of an API; the hub's output ApiUrl is")
    check_port(port, "--port", address)
    show_dashboard(settings, config.parent, how, Console(highlight=False))


def check_port(port: int, option: str, address: str = LOOPBACK) -> None:
    """Raise `BadStartError` when the dashboard's port is taken; `option` is how the command at hand takes another."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise BadStartError(
                f"port {port} on {address} is already in use; choose another for the dashboard with {option}"
            ) from error


def show_dashboard(config: Config, folder: Path, how: Served, console: Console) -> None:
    """Serve the dashboard until Ctrl-C."""
    at = config.web.sign_in.address if config.web.sign_in and how.signs_in else f"http://{how.address}:{how.port}"
    console.print(f"Dashboard: {at} (Ctrl-C ends it)")
    process = start_dashboard(config, folder, how.port, how)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        code = 0
    finally:
        process.terminate()
        process.wait()
    if code:
        raise LocalError(f"the dashboard ended by itself with exit code {code}; what it printed says why")


def start_dashboard(config: Config, folder: Path, port: int, how: Served | None = None) -> subprocess.Popen[bytes]:
    """Start the dashboard and return its process, which the caller ends; `folder` holds `muster.toml`."""
    served = how or Served()
    command = [sys.executable, "-m", "dashboard", "--address", served.address, "--port", str(port)]
    environment = {**os.environ, **_environment(config, folder, served)}
    return subprocess.Popen(command, env=environment, cwd=ROOT)  # noqa: S603 - our own interpreter


def _environment(config: Config, folder: Path, how: Served) -> Mapping[str, str]:
    sign_in = config.web.sign_in
    aws = {
        "AWS_PROFILE": config.aws.profile,
        "AWS_CONFIG_FILE": str((folder / config.aws.config_file).resolve()) if config.aws.config_file else "",
    }
    return {
        **dashboard_environment(config),
        "SIGN_IN": json.dumps(written_sign_in(sign_in, folder)) if how.signs_in and sign_in else "",
        "API_URL": how.api,
        **{name: value for name, value in aws.items() if value},
    }
