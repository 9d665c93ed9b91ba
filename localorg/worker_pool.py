"""The gateway's side of Lambda workers: one fork server per zip, at most 24 live workers, the idlest evicted."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing import reduction
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
WORKER_LIMIT = 24  # about 20 MB each; 5 accounts in 2 Regions and the hub fit in 2 GB
SERVER_LIMIT = 16  # about 45 MB each
PATIENCE_SECONDS = 20.0  # then the caller is throttled, as by AWS's account concurrency


class TooManyWorkersError(RuntimeError):
    """Every worker stayed busy."""


class ForkServer:
    """A process that has a zip's third-party modules loaded and forks workers."""

    def __init__(self, unpack: Callable[[Callable[[Path], None]], Path], runtime: Path | None) -> None:
        """Nothing is unpacked or started before the first fork; `unpack` may call back to have the zip imported.

        `runtime` holds what the managed runtime brings along, for code that may use it.
        """
        self._unpack = unpack
        self._runtime = runtime
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: Connection | None = None
        self._counting = threading.Lock()  # never held for long, unlike the other
        self._workers = 0

    def expect(self) -> None:
        """Count a worker that `fork` is about to make: a server that somebody relies on is not idle."""
        with self._counting:
            self._workers += 1

    def is_idle(self) -> bool:
        """Whether it has no worker, and nobody expects one."""
        return not self._workers

    def fork(self, request: dict[str, Any], task_root: Callable[[Path], dict[str, str]]) -> "Worker":
        """The expected worker; `task_root` gives the environment that depends on where the zip was unpacked."""
        try:
            return self._forked(request, task_root)
        except BaseException:
            self._forget()
            raise

    def _forked(self, request: dict[str, Any], task_root: Callable[[Path], dict[str, str]]) -> "Worker":
        ours, theirs = socket.socketpair()
        with theirs, tempfile.TemporaryFile() as log, self._lock:
            try:
                control, root = self._started()
                environment = {**request["environment"], **task_root(root)}
                pid = _fork(control, {**request, "environment": environment}, theirs.fileno(), log.fileno())
            except (EOFError, OSError):
                self._control = None  # it died; the next call starts another
                raise
            return Worker(self, pid, Connection(ours.detach()), os.dup(log.fileno()))

    def kill(self, pid: int) -> int:
        """End a worker; its exit code, negative for a signal."""
        with self._lock:
            assert self._control
            self._control.send_bytes(json.dumps({"kill": pid}).encode())
            status = int(json.loads(self._control.recv_bytes()))
        self._forget()
        return status

    def close(self) -> None:
        """End the process and, through its parent-death signal, the workers."""
        with self._lock:
            if self._process and self._control:
                self._control.close()
                self._process.kill()
                self._process.wait()
                self._process = None

    def _forget(self) -> None:
        with self._counting:
            self._workers -= 1

    def _started(self) -> tuple[Connection, Path]:
        root = self._unpack(self._start)
        if self._control is None:
            self._start(root)
        assert self._control
        return self._control, root

    def _start(self, root: Path) -> None:
        """Start the process and wait until it has imported the third parties' modules."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = _spawn(theirs.fileno(), root, self._runtime)
        self._control = Connection(ours.detach())
        self._control.recv_bytes()


def _fork(control: Connection, request: dict[str, Any], channel: int, log: int) -> int:
    control.send_bytes(json.dumps(request).encode())
    reduction.send_handle(control, channel, 0)
    reduction.send_handle(control, log, 0)
    return int(json.loads(control.recv_bytes()))


def _spawn(descriptor: int, root: Path, runtime: Path | None) -> subprocess.Popen[bytes]:
    """A bare interpreter: isolated (-I), without site-packages (-S), the venv's own version."""
    python = getattr(sys, "_base_executable", sys.executable)
    command = [python, "-I", "-S", "-X", "utf8", FOLDER / "forkserver.py", str(descriptor), root]
    return subprocess.Popen(  # noqa: S603 - our own script
        [*command, FOLDER / "worker_main.py", *([runtime] if runtime else [])],
        pass_fds=[descriptor],
        env={"PATH": os.defpath},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # a terminal's Ctrl-C is the gateway's to handle
    )


class Worker:
    """One execution environment: a process that has imported one function's handler."""

    def __init__(self, server: ForkServer, pid: int, connection: Connection, log: int) -> None:
        """Take over the process, the connection to it, and the file that it logs to."""
        self._server, self._pid, self._connection, self._log = server, pid, connection, log

    def ask(self, invocation: dict[str, Any]) -> None:
        """Send an invocation."""
        with contextlib.suppress(BrokenPipeError):  # the answer's end of file says it
            self._connection.send_bytes(json.dumps(invocation).encode())

    def answer(self, timeout: float) -> dict[str, Any]:
        """The next answer; TimeoutError after `timeout` seconds, EOFError when the process is gone."""
        if not self._connection.poll(timeout):
            raise TimeoutError
        try:
            answer: dict[str, Any] = json.loads(self._connection.recv_bytes())
        except ConnectionResetError as error:
            raise EOFError from error
        return answer

    def is_alive(self) -> bool:
        """Whether an idle worker still waits for work: a dead one's connection reads as ended."""
        return not self._connection.poll(0)

    def take_log(self) -> str:
        """What the worker wrote since the last call; only while it is idle, as it shares the file's offset."""
        text = os.pread(self._log, os.fstat(self._log).st_size, 0).decode(errors="replace")
        os.ftruncate(self._log, 0)
        os.lseek(self._log, 0, os.SEEK_SET)
        return text

    def end(self) -> int:
        """Kill the process; its exit code, negative for a signal."""
        self._connection.close()
        os.close(self._log)
        return self._server.kill(self._pid)


class WorkerPool:
    """Every live worker. A key is a function's whole configuration, so a changed function meets no stale worker."""

    def __init__(self) -> None:
        """Nothing is running yet."""
        self._idle: list[tuple[str, Worker]] = []  # least recently used first
        self._live = 0
        self._changed = threading.Condition()

    def lease(self, key: str, start: Callable[[], Worker]) -> Worker:
        """An idle worker of this key, else a new one; TooManyWorkersError if all stay busy."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self._changed:
            while (worker := self._take(key)) is None and self._live >= WORKER_LIMIT:
                if self._idle:
                    self._end(self._idle.pop(0)[1])
                elif not self._changed.wait(deadline - time.monotonic()):
                    raise TooManyWorkersError
            if worker:
                return worker
            self._live += 1
        try:
            return start()
        except BaseException:
            self._forget()
            raise

    def release(self, key: str, worker: Worker) -> None:
        """Keep the worker for the next invocation."""
        with self._changed:
            self._idle.append((key, worker))
            self._changed.notify()

    def discard(self, worker: Worker) -> int:
        """End a leased worker; its exit code."""
        self._forget()
        return worker.end()

    def clear(self) -> None:
        """End every idle worker."""
        with self._changed:
            while self._idle:
                self._end(self._idle.pop()[1])

    def _take(self, key: str) -> Worker | None:
        for place in reversed(range(len(self._idle))):
            if self._idle[place][0] == key:
                worker = self._idle.pop(place)[1]
                if worker.is_alive():
                    return worker
                self._end(worker)
        return None

    def _end(self, worker: Worker) -> None:
        self._live -= 1
        worker.end()

    def _forget(self) -> None:
        with self._changed:
            self._live -= 1
            self._changed.notify()
