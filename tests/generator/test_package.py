import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from generator.config import Config
from generator.functions import FUNCTIONS, Function
from generator.imports import closure
from generator.interpreter import compiler, running_version
from generator.package import Package, PackageError, Packer, Target, compiled, platform_of, zipped
from generator.third_party import ROOT, Platform

BY_NAME = {what.name: what for what in FUNCTIONS}
# Of bytes: OpenTelemetry's names of CloudTrail's services; botocore's models of many; pydantic, which reads requests.
# And Apprise with its hundred services, and Pillow.
LARGEST = {"creator_tagger": 20_000_000, "lookups": 20_000_000, "api": 26_000_000, "sender": 64_000_000}
FILES = {"hub/one.py": b"def one():\n    return 'x' in {'a', 'b', 'c', 'x'}\n", "hub/__init__.py": b""}


@contextmanager
def opened(package: Package) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(io.BytesIO(package.body)) as archive:
        yield archive


@pytest.mark.parametrize("what", FUNCTIONS, ids=lambda what: what.name)
def test_a_package_imports_alone_in_a_bare_interpreter(
    packages: dict[str, Package], what: Function, tmp_path: Path
) -> None:
    with opened(packages[what.name]) as archive:
        archive.extractall(tmp_path)
    handler = what.handler.rpartition(".")[2]
    code = (
        f"import sys; sys.path.insert(0, sys.argv[1]); from {what.module} import {handler}; print(callable({handler}))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("True", "")


def test_packages_carry_the_data_of_their_services_only(packages: dict[str, Package]) -> None:
    for name, package in packages.items():
        with opened(package) as archive:
            parts = [one.split("/") for one in archive.namelist() if one.startswith("botocore/data/")]
        assert {one[2] for one in parts if len(one) > 3} == set(BY_NAME[name].services), name


def test_packages_stay_small(packages: dict[str, Package]) -> None:
    for name, package in packages.items():
        assert package.unzipped < LARGEST.get(name, 16_000_000), name


def test_packages_leave_out_what_their_function_does_not_import(packages: dict[str, Package]) -> None:
    with opened(packages["detector"]) as archive:
        names = archive.namelist()
    assert "hub/detector.py" in names
    assert not [name for name in names if name.startswith(("spoke/", "hub/notifier/", "boto3/", "pydantic/", "bin/"))]


def test_bytecode_is_there_and_never_checked(packages: dict[str, Package]) -> None:
    tag = sys.implementation.cache_tag
    with opened(packages["detector"]) as archive:
        names = set(archive.namelist())
        sources = [name for name in names if name.endswith(".py")]
        for source in sources:
            holder, _, file = source.rpartition("/")
            assert f"{holder}/__pycache__/{file[:-3]}.{tag}.pyc".lstrip("/") in names
        # PEP 552: flags 1 = hash-based, and not to be checked against the source.
        assert archive.read(f"hub/__pycache__/detector.{tag}.pyc")[4:8] == b"\1\0\0\0"


def test_bytecode_names_sources_relative_to_the_package(packages: dict[str, Package]) -> None:
    with opened(packages["detector"]) as archive:
        body = archive.read(f"hub/__pycache__/detector.{sys.implementation.cache_tag}.pyc")
    assert b"hub/detector.py" in body
    assert str(ROOT).encode() not in body


def test_bytecode_is_the_same_for_every_hash_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = set()
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        made.add(zipped(compiled(FILES, Path(sys.executable))))
    assert len(made) == 1


def test_a_package_is_the_same_bytes_when_it_is_made_again(
    config: Config, packages: dict[str, Package], cache: Path, tmp_path: Path
) -> None:
    for site in cache.glob("site-*"):
        (tmp_path / site.name).symlink_to(site, target_is_directory=True)
    again = Packer(config, Target.HOST, tmp_path, python=None, bytecode=True).package(BY_NAME["transitions"], {})
    assert again.body == packages["transitions"].body
    assert again.key == f"functions/transitions/{again.digest}.zip"


def test_zips_have_no_times_and_are_readable() -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(FILES))) as archive:
        assert [one.filename for one in archive.infolist()] == sorted(FILES)
        assert {(one.date_time, one.external_attr) for one in archive.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), 0o644 << 16)
        }


def test_the_closure_follows_imports_and_not_type_checking(tmp_path: Path) -> None:
    sources = {
        "hub/__init__.py": "",
        "hub/a.py": "import json\nimport typing\nfrom hub import b\nif typing.TYPE_CHECKING:\n    import boto3\n",
        "hub/b.py": "def late():\n    from contract.c import NAME\n    return NAME\n",
        "hub/unrelated.py": "import streamlit\n",
        "contract/__init__.py": "",
        "contract/c.py": "import msgspec\nNAME = 1\n",
    }
    for name, text in sources.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = closure(tmp_path, "hub.a")
    assert found.files == ("contract/__init__.py", "contract/c.py", "hub/__init__.py", "hub/a.py", "hub/b.py")
    assert found.others == {"json", "msgspec", "typing"}


def test_lambda_packages_are_for_the_runtime_and_processor_of_the_settings(config: Config) -> None:
    assert platform_of(config, Target.LAMBDA) == Platform("3.13", "aarch64-manylinux_2_28")
    assert platform_of(config, Target.HOST) == Platform(running_version())


def test_an_interpreter_of_another_version_is_refused_with_the_mend() -> None:
    with pytest.raises(PackageError, match=r"is Python 3\.\d+, the functions need 2\.7; give another with --python"):
        compiler("2.7", Path(sys.executable))


def test_a_missing_interpreter_is_said_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.interpreter._uv", lambda *_: "")
    with pytest.raises(
        PackageError, match=r"no Python 3\.99 .*; install it, name it with --python PATH, or go without"
    ):
        compiler("3.99")


def test_a_function_without_its_module_is_an_error(config: Config, cache: Path) -> None:
    packer = Packer(config, Target.HOST, cache, python=None, bytecode=True)
    absent = Function(
        name="absent", handler="hub.absent.do_handler", settings=BY_NAME["detector"].settings, services=()
    )
    with pytest.raises(PackageError, match=r"function absent: there is no module hub\.absent"):
        packer.package(absent, {})


def test_packages_go_without_bytecode_when_asked(config: Config, cache: Path) -> None:
    bare = Packer(config, Target.HOST, cache, python=None, bytecode=False)
    with opened(bare.package(BY_NAME["transitions"], {})) as archive:
        assert not [name for name in archive.namelist() if name.endswith(".pyc")]
