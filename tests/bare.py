"""An organization in which nothing is delegated yet, and the command line on it."""

import io
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from generator import cli
from generator.local.organization import LocalOrganization
from generator.local.process import start, stop
from tests.root_client import root_client


@dataclass(frozen=True)
class Ended:
    """A command that has ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Bare:
    """A running organization, and the folder of its settings."""

    organization: LocalOrganization

    def client(self, service: str, account: str, region: str = "us-east-1") -> Any:
        """Return a client of the account's root."""
        return root_client(self.organization, service, account, region)

    def management(self, service: str) -> Any:
        """Return a client of the management account's root."""
        return self.client(service, self.organization.management)

    def muster(self, *arguments: str, config: Path | None = None) -> Ended:
        """Run a command with the organization's settings, or others, in this process: starting one takes seconds."""
        words = ["muster", *arguments, "--config", str(config or self.organization.config)]
        out, err, terminate = io.StringIO(), io.StringIO(), signal.getsignal(signal.SIGTERM)
        code: Any = 0
        with mock.patch.object(sys, "argv", words), redirect_stdout(out), redirect_stderr(err):
            try:
                cli.main()
            except SystemExit as ended:
                code = ended.code
        signal.signal(signal.SIGTERM, terminate)
        return Ended(int(code or 0), out.getvalue(), err.getvalue())

    def settings(self, name: str, *changes: tuple[str, str]) -> Path:
        """Write settings in which texts are replaced by others; return the file."""
        text = self.organization.config.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = Path(self.organization.folder) / name
        path.write_text(text)
        return path


@contextmanager
def bare_organization(folder: Path) -> Iterator[Bare]:
    """Run a bare organization with its files in the folder."""
    organization = start(3, 0, folder, detached=False, bare=True)
    try:
        yield Bare(organization)
    finally:
        stop(organization)
