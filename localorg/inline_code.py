"""Code that stands in a template: it finds the managed runtime's boto3, as on AWS; uploaded zips carry their own."""

import importlib.metadata
import io
import shutil
import tempfile
import zipfile
from functools import cache
from pathlib import Path

from ministack.services.cloudformation import provisioners

from localorg import patches

# What the Python runtimes bring along (Lambda developer guide, "Runtime dependencies in Python").
DISTRIBUTIONS = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
MARK = b"inline"
_folders: list[Path] = []


def install() -> None:
    """Mark the zips that CloudFormation makes of `ZipFile`; the mark is the zip's comment, so that it stays with it."""
    original = patches.require(provisioners, "_zip_inline", 'zf.writestr(f"{module}{ext}", source)')

    def zip_inline(source: str | None, *others: str) -> bytes | None:
        made = original(source, *others)
        return _marked(made) if made else None

    patches.replace(provisioners, "_zip_inline", zip_inline)


def _marked(code: bytes) -> bytes:
    buffer = io.BytesIO(code)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = MARK
    return buffer.getvalue()


def runtime_for(code: bytes) -> Path | None:
    """The folder of the runtime's own modules for code that stood in a template, None for an uploaded zip."""
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        return _runtime() if archive.comment == MARK else None


@cache
def _runtime() -> Path:
    """A folder with links to those modules and nothing else of this environment."""
    folder = Path(tempfile.mkdtemp(prefix="localorg-runtime-"))
    _folders.append(folder)
    for name in DISTRIBUTIONS:
        files = importlib.metadata.distribution(name).files or ()
        for top in {file.parts[0] for file in files if not file.parts[0].startswith((".", "__"))}:
            (folder / top).symlink_to(Path(str(importlib.metadata.distribution(name).locate_file(top))).resolve())
    return folder


def stop() -> None:
    """Delete the folder of links."""
    while _folders:
        shutil.rmtree(_folders.pop(), ignore_errors=True)
