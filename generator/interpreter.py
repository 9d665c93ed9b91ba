"""Bytecode for the Python version that will run it."""

import os
import subprocess
import sys
from pathlib import Path

import uv

from generator.problems import BadInputError


class PackageError(BadInputError):
    """A function's package cannot be built; the text is one line with the mend."""


def running_version() -> str:
    """Return this interpreter's version as `3.13`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def compiler(version: str, given: Path | None = None) -> Path:
    """Return an interpreter of that version: given, running, uv's or pyenv's, or one that uv can install."""
    if given:
        return _checked(given, version)
    found = installed(version) or (_uv("install", version) and _uv("find", version))
    if found:
        return _checked(Path(found), version)
    raise PackageError(
        f"no Python {version} to compile the functions' bytecode with; install it, name it with --python PATH, "
        "or go without (slower cold starts) with --no-bytecode"
    )


def installed(version: str) -> str:
    """Return the path of an interpreter of that version on this machine, running, uv's or pyenv's; empty: none."""
    if version == running_version():
        return sys.executable
    return _uv("find", "--no-python-downloads", version) or _pyenv(version)


def compile_all(python: Path, root: Path) -> None:
    """Write `.pyc` files beside the sources under `root`; they name the sources relative to it, and never check them.

    Lambda's code folder is read-only, so what is not shipped would be compiled anew at every cold start. A fixed hash
    seed makes them the same bytes each time (sets of constants are stored in hash order).
    """
    options = ["-q", "-j", "1", "--invalidation-mode", "unchecked-hash", "-s", str(root)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    _run([str(python), "-s", "-m", "compileall", *options, str(root)], environment)


def _checked(python: Path, version: str) -> Path:
    command = [str(python), "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        found = subprocess.check_output(command, text=True, stderr=subprocess.DEVNULL).strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        raise PackageError(f"{python} does not run; give another interpreter with --python PATH") from error
    if found != version:
        raise PackageError(f"{python} is Python {found}, the functions need {version}; give another with --python PATH")
    return python


def _uv(*arguments: str) -> str:
    command = [uv.find_uv_bin(), "python", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return (done.stdout.strip() or "installed") if done.returncode == 0 else ""


def _pyenv(version: str) -> str:
    """Return pyenv's interpreter of a version: uv meets only its shims, which fail for versions not switched on."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return max(map(str, root.glob(f"versions/{version}*/bin/python{version}")), default="")


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise PackageError(f"compiling the functions' bytecode failed: {''.join(last)}")
