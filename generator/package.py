"""The functions' zips: our imported modules, others' packages, bytecode; the same bytes for the same content."""

import hashlib
import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from generator.config import Config, Target
from generator.functions import Function
from generator.imports import Closure, closure
from generator.interpreter import PackageError, compile_all, compiler, running_version
from generator.offered import Architecture
from generator.third_party import ROOT, Platform, carried, installed, records

__all__ = ["Package", "PackageError", "Packer", "Target", "compiled", "platform_of", "zipped"]

# The earliest time that a zip can hold: real ones would make every zip different.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16
_UNIX = 3
# Amazon Linux 2023, on which the offered runtimes run, has glibc 2.34 (AWS, "What's different in AL2023").
_UV_PLATFORMS = {Architecture.ARM64: "aarch64-manylinux_2_28", Architecture.X86_64: "x86_64-manylinux_2_28"}


class Package(msgspec.Struct, frozen=True):
    """A function's zip; `unzipped` is its content's size in bytes."""

    function: str
    body: bytes
    unzipped: int

    @property
    def digest(self) -> str:
        """The zip's SHA-256."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def key(self) -> str:
        """Where the zip lies in every artefact bucket: an unchanged function keeps its key."""
        return f"functions/{self.function}/{self.digest}.zip"


class Packer:
    """Packs functions for a target; what was packed before comes from `cache`."""

    def __init__(self, config: Config, target: Target, cache: Path, *, python: Path | None, bytecode: bool) -> None:
        """Find an interpreter of the target's version unless `bytecode` is off; `PackageError` when there is none."""
        self._cache = cache
        self._platform = platform_of(config, target)
        self._python = compiler(self._platform.version, python) if bytecode else None
        self._site = installed(self._platform, cache, self._python)

    def package(self, what: Function, extra: Mapping[str, bytes]) -> Package:
        """Return the zip of a function; `extra` are generated files, by their path in the zip."""
        needed = closure(ROOT, what.module)
        if not (ROOT / f"{what.module.replace('.', '/')}.py").is_file():
            raise PackageError(f"function {what.name}: there is no module {what.module}")
        ours = {**{name: (ROOT / name).read_bytes() for name in (*needed.files, *_data(what))}, **extra}
        kept = self._cache / f"{what.name}-{self._key(ours, needed, what)}.zip"
        if not kept.is_file():
            _write(kept, zipped(self._content(ours, needed, what)))
        return _read(what.name, kept)

    def _key(self, ours: Mapping[str, bytes], needed: Closure, what: Function) -> str:
        digest = hashlib.sha256(f"{self._site.name}{sorted(needed.others)}{what.services}".encode())
        for name, body in sorted(ours.items()):
            digest.update(f"{name}\0{len(body)}\0".encode() + body)
        return digest.hexdigest()[:16]

    def _content(self, ours: Mapping[str, bytes], needed: Closure, what: Function) -> dict[str, bytes]:
        theirs = carried(self._site, needed.others, what.services)
        return {
            **{name: path.read_bytes() for name, path in theirs.items()},
            **records(self._site, theirs, needed.others),
            **(compiled(ours, self._python) if self._python else ours),
        }


def platform_of(config: Config, target: Target) -> Platform:
    """Return the platform of a target: the runtime that the settings name, or this interpreter."""
    if target is Target.HOST:
        return Platform(running_version())
    return Platform(config.spoke.runtime.removeprefix("python"), _UV_PLATFORMS[config.spoke.architecture])


def compiled(files: Mapping[str, bytes], python: Path) -> dict[str, bytes]:
    """Return the files with their bytecode, which depends on nothing but them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, body in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        compile_all(python, Path(folder))
        return dict(_tree(Path(folder)))


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of the files: sorted, without times, readable by everybody."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, body in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr, entry.create_system = _READABLE, _UNIX
            archive.writestr(entry, body, zipfile.ZIP_DEFLATED, compresslevel=6)
    return target.getvalue()


def _data(what: Function) -> Iterator[str]:
    for pattern in what.data:
        found = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(pattern))
        if not found:
            raise PackageError(f"function {what.name}: its data file {pattern} is not there")
        yield from found


def _tree(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def _write(path: Path, body: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(body)
    shutil.move(file.name, path)


def _read(name: str, path: Path) -> Package:
    with zipfile.ZipFile(path) as archive:
        unzipped = sum(entry.file_size for entry in archive.infolist())
    return Package(name, path.read_bytes(), unzipped)
