"""Serves the dashboard: `python -m dashboard --address 127.0.0.1 --port 8501`. The environment says what it shows."""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from streamlit.web import cli

from contract.settings import SettingsError
from dashboard.sign_in import SignIn, client_secret, configured, is_loopback, streamlit_secrets

_PORT = 8501
_BAD_INPUT = 2
_PORTS = {"https": 443, "http": 80}


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; what lets people sign in lies in a private folder meanwhile."""
    parser = argparse.ArgumentParser(prog="python -m dashboard", description=__doc__)
    parser.add_argument("--address", default="127.0.0.1", help="where to listen; others than this machine need SIGN_IN")
    parser.add_argument("--port", type=int, default=_PORT)
    given = parser.parse_args()
    try:
        sign_in = configured(os.environ)
        secrets = streamlit_secrets(sign_in, _secret(sign_in, os.environ)) if sign_in else ""
    except (SettingsError, ClientError, BotoCoreError) as error:
        _end(str(error))
    if sign_in is None and not is_loopback(given.address):
        _end(f"{given.address}: without a sign-in it listens on 127.0.0.1 only; set SIGN_IN ([web.sign_in])")
    # Of this process, so that no page and no child finds it.
    os.environ.pop("SIGN_IN_CLIENT_SECRET", None)
    with TemporaryDirectory(prefix="muster-dashboard-") as folder:
        path = Path(folder, "secrets.toml")
        path.touch(0o600)
        path.write_text(secrets, encoding="utf-8")
        cli.main(options(given.address, given.port, path, sign_in), standalone_mode=False)


def options(address: str, port: int, secrets: Path, sign_in: SignIn | None) -> list[str]:
    """Return the command line of Streamlit."""
    chosen = {
        "server.address": address,
        "server.port": port,
        "browser.gatherUsageStats": "false",
        "secrets.files": secrets,
        **(_known_as(sign_in) if sign_in else {}),
    }
    app = Path(__file__).with_name("app.py")
    return ["run", str(app), *(f"--{name}={value}" for name, value in chosen.items())]


def _known_as(sign_in: SignIn) -> dict[str, object]:
    """Streamlit takes WebSockets from pages of this address only, and opens no browser of its own."""
    at = urlsplit(sign_in.address)
    return {
        "server.headless": "true",
        "browser.serverAddress": at.hostname,
        "browser.serverPort": at.port or _PORTS.get(at.scheme, _PORT),
    }


def _secret(sign_in: SignIn, environment: Mapping[str, str]) -> str:
    return client_secret(sign_in, environment, _of_secrets_manager)


def _of_secrets_manager(arn: str) -> str:
    client = boto3.client("secretsmanager", region_name=arn.split(":")[3])
    return str(client.get_secret_value(SecretId=arn)["SecretString"])


def _end(text: str) -> NoReturn:
    print(f"error: {text}", file=sys.stderr)  # noqa: T201 - nothing else is there to say it
    sys.exit(_BAD_INPUT)


if __name__ == "__main__":
    main()
