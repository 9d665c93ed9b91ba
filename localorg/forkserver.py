"""One zip's fork server: imports the zip's third-party modules once, then forks a worker per function.

Runs by path in a bare interpreter (`-I -S`), so that nothing but the standard library and the unpacked zip resolves.
Arguments: the control connection's descriptor, the unpacked zip, the path of `worker_main.py`, and, where the code may
use it, the folder of what the managed runtime brings along. POSIX only.
"""

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import json
import os
import signal
import sys
from multiprocessing import reduction
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

PR_SET_PDEATHSIG = 1
# Of a botocore cut down to what a function calls, every service is warmed; of a whole one (400 services) only one.
FEW_SERVICES = 16


def main() -> None:
    """Preload, then serve the gateway's requests until it closes the control connection."""
    descriptor, task_root, worker_path, *runtime = sys.argv[1:]
    sys.path.insert(0, task_root)
    sys.path.extend(runtime)
    worker = _load_worker(worker_path)
    preload(Path(task_root))
    gc.collect()
    gc.freeze()  # the collector's marks would unshare every page that the workers have from us
    control = Connection(int(descriptor))
    control.send_bytes(b"ready")
    with contextlib.suppress(EOFError):
        while True:
            _answer(control, json.loads(control.recv_bytes()), worker, task_root)


def preload(task_root: Path) -> None:
    """Import the packages that the zip's own `*.dist-info` name: third parties', never the handler's."""
    for name in sorted(third_party(task_root)):
        with contextlib.suppress(Exception):  # the handler's own import reports it, in the worker's words
            importlib.import_module(name)
    with contextlib.suppress(Exception):
        _warm_botocore()


def third_party(task_root: Path) -> set[str]:
    """Top-level modules in the RECORD files (PyPA, "Recording installed projects") of an unpacked zip."""
    records = [path.read_text().splitlines() for path in task_root.glob("*.dist-info/RECORD")]
    files = {line.split(",")[0] for lines in records for line in lines}
    packages = {name.split("/")[0] for name in files if name.count("/") == 1 and name.endswith("/__init__.py")}
    return packages | {name.removesuffix(".py") for name in files if "/" not in name and name.endswith(".py")}


def _warm_botocore() -> None:
    """Import and parse what botocore only imports and parses with its first clients; they are thrown away."""
    _parse_models_once(importlib.import_module("botocore.loaders").JSONFileLoader)
    session = importlib.import_module("botocore.session").Session()
    session.set_credentials("-", "-")
    services = session.get_available_services()
    for service in services if len(services) <= FEW_SERVICES else services[:1]:
        session.create_client(service, region_name="us-east-1")


def _parse_models_once(loader: Any) -> None:
    """Let every session share the service models: they are two thirds of a cold start's time, 14 MB a worker."""
    load, parsed = loader.load_file, {}

    def load_file(self: Any, path: str) -> Any:
        if path not in parsed:
            parsed[path] = load(self, path)
        return parsed[path]

    loader.load_file = load_file


def _answer(control: Connection, request: dict[str, Any], worker: ModuleType, task_root: str) -> None:
    if "kill" in request:
        control.send_bytes(json.dumps(_kill(request["kill"])).encode())
        return
    channel, log = reduction.recv_handle(control), reduction.recv_handle(control)
    pid = os.fork()
    if pid == 0:
        control.close()
        _become_worker(worker, request, task_root, channel, log)
    os.close(channel)
    os.close(log)
    control.send_bytes(json.dumps(pid).encode())


def _kill(pid: int) -> int:
    """End a child (unless it ended itself) and give its exit code; negative is a signal's number."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _become_worker(worker: ModuleType, request: dict[str, Any], task_root: str, channel: int, log: int) -> None:
    """Never returns: serves the gateway, then leaves without running the fork server's clean-up."""
    status = 1
    try:
        _die_with_parent()
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        os.chdir(task_root)
        os.environ.clear()
        os.environ.update(request["environment"])
        worker.serve(Connection(channel), request["handler"])
        status = 0
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _die_with_parent() -> None:
    """Not for the fork server itself: its parent would be the gateway's thread that started it, which soon ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _load_worker(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
