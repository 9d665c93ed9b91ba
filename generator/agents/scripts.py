"""The scripts that install and remove the agent, as they lie on this machine."""

import hashlib
from pathlib import Path

import msgspec

from contract.agents import Action, Platform, script_key
from generator.problems import BadInputError
from generator.settings.agent import Agent


class Script(msgspec.Struct, frozen=True):
    """A script, and its SHA-256 in hexadecimal digits."""

    action: Action
    platform: Platform
    digest: str
    body: bytes

    @property
    def key(self) -> str:
        """Where it lies in every artefact bucket."""
        return script_key(self.digest, self.platform)


Scripts = tuple[Script, ...]


def load_scripts(agent: Agent, folder: Path) -> Scripts:
    """Return the scripts that the settings name, from `muster.toml`'s folder; `BadInputError` names the setting."""
    named = (
        ("linux_install", agent.linux_install, Action.INSTALL, Platform.LINUX),
        ("linux_uninstall", agent.linux_uninstall, Action.UNINSTALL, Platform.LINUX),
        ("windows_install", agent.windows_install, Action.INSTALL, Platform.WINDOWS),
        ("windows_uninstall", agent.windows_uninstall, Action.UNINSTALL, Platform.WINDOWS),
    )
    if not agent.enabled:
        return ()
    return tuple(_script(name, folder / path, action, on) for name, path, action, on in named if path)


def _script(setting: str, path: Path, action: Action, platform: Platform) -> Script:
    try:
        body = path.read_bytes()
    except OSError as error:
        raise BadInputError(f"agent.{setting}: {path}: {error.strerror}; give the path of your script") from error
    if not body.strip():
        raise BadInputError(f"agent.{setting}: {path} is empty; give the path of your script")
    if platform is Platform.LINUX and b"\r\n" in body:
        raise BadInputError(f"agent.{setting}: {path} has the line ends of Windows, no shell runs it; try dos2unix")
    return Script(action, platform, hashlib.sha256(body).hexdigest(), body)
