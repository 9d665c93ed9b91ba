"""The console script `muster`: the only door. Exit codes: 0 done, 1 failed, 2 bad input, 3 `plan` found changes."""

import signal
import sys
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from rich.console import Console

from contract.cloudtrail import MalformedEventError
from contract.names import VERSION
from generator.commands import (
    agents,
    archive,
    backtest,
    condition,
    dashboard,
    delegation,
    demo,
    doctor,
    events,
    init,
    local,
    notify,
    recovery,
    rollout,
    route,
    tags,
)
from generator.problems import BadInputError, ProblemError
from hub.detections.settings import DetectionSettingsError

app = typer.Typer(
    name="muster",
    help="Watch over and look after every account of an AWS Organization.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"muster {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """Watch over and look after every account of an AWS Organization."""


app.command()(init.init)
app.command()(delegation.delegate)
app.command()(doctor.doctor)
app.command()(rollout.generate)
app.command()(rollout.plan)
app.command()(rollout.deploy)
app.command()(condition.status)
app.command()(rollout.uninstall)
app.command()(recovery.replay)
app.command()(recovery.redrive)
app.command()(events.explain)
app.command()(backtest.backtest)
app.command()(demo.demo)
app.command()(dashboard.dashboard)
app.add_typer(agents.app, name="agents")
app.add_typer(archive.app, name="archive")
app.add_typer(local.app, name="local")
app.add_typer(route.app, name="route")
app.add_typer(notify.app, name="notify")
app.add_typer(tags.app, name="tags")


def main() -> None:
    """Run the command line; what a person can mend is one line on standard error, never a traceback."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        app()
    except ProblemError as error:
        _end(str(error), error.exit_code)
    except (DetectionSettingsError, MalformedEventError) as error:
        _end(str(error), BadInputError.exit_code)
    except NoCredentialsError:
        _end(
            "no AWS credentials; name a profile of the hub account in aws.profile of muster.toml, or set AWS_PROFILE",
            BadInputError.exit_code,
        )
    except OSError as error:
        _end(
            f"{error.filename or 'input or output'}: {error.strerror or error}; make it readable and writable",
            BadInputError.exit_code,
        )
    except (BotoCoreError, ClientError) as error:
        _end(f"AWS: {error}", ProblemError.exit_code)
    except KeyboardInterrupt:
        _end("stopped", 130)


def _terminate(*_: object) -> None:
    """End as Ctrl-C does: what was started is stopped on the way out."""
    raise KeyboardInterrupt


def _end(text: str, code: int) -> None:
    Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False).print(
        "\n".join(f"error: {line}" for line in text.splitlines())
    )
    sys.exit(code)
