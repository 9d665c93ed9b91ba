"""Others' packages for the functions, at the versions that `uv.lock` pins."""

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from importlib.metadata import Distribution, distributions
from pathlib import Path

import msgspec
import uv

from generator.interpreter import PackageError, compile_all

ROOT = Path(__file__).resolve().parents[1]
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_KEPT_METADATA = ("METADATA",)


class Platform(msgspec.Struct, frozen=True):
    """Where functions run: the Python version, and uv's name of the platform (empty: this machine's)."""

    version: str
    uv_name: str = ""


def installed(platform: Platform, cache: Path, python: Path | None) -> Path:
    """Return a folder with the packages for a platform, installed once; `python` compiles them unless it is None."""
    wanted = _locked()
    key = hashlib.sha256(f"{wanted}{platform}{python is not None}".encode()).hexdigest()[:16]
    folder = cache / f"site-{key}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as temporary:
            made = Path(temporary, "site")
            _install(wanted, platform, made)
            if python:
                compile_all(python, made)
            _settle(made, folder)
    return folder


def carried(site: Path, imported: AbstractSet[str], services: Iterable[str]) -> dict[str, Path]:
    """Return the files of the imported packages and of those they require; botocore with the services' data only."""
    found: dict[str, Path] = {}
    for distribution in _needed(site, imported):
        for name in sorted(str(file) for file in distribution.files or ()):
            if _is_kept(name, frozenset(services)):
                found |= {one: site / one for one in _with_bytecode(site, name)}
    return found


def records(site: Path, carried_files: Iterable[str], imported: AbstractSet[str]) -> dict[str, bytes]:
    """Return each carried distribution's RECORD, which lists just the files that are there."""
    present = set(carried_files)
    return {
        f"{_folder(one)}/RECORD": "".join(
            line for line in (one.read_text("RECORD") or "").splitlines(keepends=True) if line.split(",")[0] in present
        ).encode()
        for one in _needed(site, imported)
    }


def _locked() -> str:
    """Return the requirements of the dependency group `functions`, exactly as locked."""
    options = [
        "--frozen",
        "--only-group",
        "functions",
        "--no-hashes",
        "--no-emit-project",
        "--no-header",
        "--no-annotate",
    ]
    return _uv(["export", "--project", str(ROOT), "--quiet", *options], "reading uv.lock")


def _install(wanted: str, platform: Platform, folder: Path) -> None:
    requirements = folder.with_name("requirements.txt")
    requirements.write_text(wanted)
    where = ["--python-platform", platform.uv_name] if platform.uv_name else []
    options = ["--target", str(folder), "--python-version", platform.version, *where]
    only = ["--no-deps", "--only-binary", ":all:", "--no-config", "--link-mode", "copy", "--quiet"]
    _uv(["pip", "install", *options, *only, "--requirement", str(requirements)], "installing the functions' packages")


def _uv(arguments: list[str], doing: str) -> str:
    done = subprocess.run([uv.find_uv_bin(), *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        last = "".join(done.stderr.strip().splitlines()[-1:])
        raise PackageError(f"{doing} failed: {last}; is PyPI reachable?")
    return done.stdout


def _settle(made: Path, folder: Path) -> None:
    """Move a finished folder to its place; whoever came second keeps the first one's, which is the same."""
    try:
        made.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(made)


def _needed(site: Path, imported: AbstractSet[str]) -> list[Distribution]:
    """Return the distributions that provide the imported names, and those they require."""
    every = {_normal(one.name): one for one in distributions(path=[str(site)])}
    waiting = [name for name, one in every.items() if imported & set(_top_level(one))]
    chosen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in every and name not in chosen:
            chosen.add(name)
            waiting += _required(every[name])
    return [every[name] for name in sorted(chosen)]


def _top_level(one: Distribution) -> Iterator[str]:
    for file in one.files or ():
        if len(file.parts) == 2 and file.name == "__init__.py":
            yield file.parts[0]
        elif len(file.parts) == 1 and file.suffix == ".py":
            yield file.stem


def _required(one: Distribution) -> list[str]:
    wanted = [text for text in one.requires or () if "extra ==" not in text]
    return [_normal(match[0]) for text in wanted if (match := _NAME.match(text))]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _folder(one: Distribution) -> str:
    return next(file.parts[0] for file in one.files or () if file.parts[0].endswith(".dist-info"))


def _is_kept(name: str, services: AbstractSet[str]) -> bool:
    parts = name.split("/")
    if parts[0] in ("..", "bin") or "tests" in parts or name.endswith((".pyi", ".pyc")):
        return False
    if parts[0].endswith(".dist-info"):
        return parts[1] in _KEPT_METADATA
    is_service_data = parts[0] in ("boto3", "botocore") and parts[1] == "data" and len(parts) > 3
    return not is_service_data or parts[2] in services


def _with_bytecode(site: Path, name: str) -> Iterator[str]:
    yield name
    if name.endswith(".py"):
        holder, _, file = name.rpartition("/")
        compiled = f"{holder}/__pycache__" if holder else "__pycache__"
        yield from (f"{compiled}/{one.name}" for one in sorted((site / compiled).glob(f"{file[:-3]}.cpython-*.pyc")))
