"""A document's steps on a node: what is downloaded comes from S3 under the instance's role, and scripts really run.

Words and codes are those of the SSM Agent: https://github.com/aws/amazon-ssm-agent. A script sees the node's directory
as its home and none of this machine's credentials.
"""

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from localorg.ssm import content, instance_role
from localorg.ssm.content import Step, Values
from localorg.ssm.nodes import Node

KEPT = 24_000  # characters of a step's output, of its errors a third
TIMED_OUT_CODE = 137
EXIT_WITH_SUCCESS, EXIT_WITH_FAILURE = 168, 169
LOOK = 0.05  # seconds between two looks at a running script
EXECUTION_SECONDS = 3600
S3_HOST = re.compile(r"(?:(?P<bucket>.+)\.)?s3[.-](?:dualstack\.)?(?:(?P<region>[a-z0-9-]+)\.)?amazonaws\.com(?:\.cn)?")
SKIPPED = "Step execution skipped due to unsatisfied preconditions: '{}'. Step name: {}"
UNSUPPORTED = "Step execution skipped due to unsupported plugin: {}. Step name: {}"
PRIOR = "Plugin with name {} and id {} skipped due to prior step with an exit condition"


@dataclass
class Result:
    """What became of a step: SSM's status, the exit code, both outputs, and when (epoch seconds)."""

    name: str
    status: str = "Success"
    code: int = 0
    output: str = ""
    errors: str = ""
    begun: float = field(default_factory=time.time)
    ended: float = 0.0


@dataclass(frozen=True)
class Run:
    """One invocation on a node: the parameters' values, and `is_over` saying why nobody waits for it any more."""

    node: Node
    command: str
    values: Values
    is_over: Callable[[], str]

    @property
    def downloads(self) -> Path:
        """Where relative paths lead, and where scripts start."""
        path = self.node.directory / "orchestration" / self.command / "downloads"
        path.mkdir(parents=True, exist_ok=True)
        return path


class InterruptedRunError(Exception):
    """The node is gone, or the command was cancelled, while a script ran; the text is SSM's word for it, if any."""


class FailedStepError(Exception):
    """A step that failed before any script of it ran."""


_PROCESSES: set[int] = set()
_LOCK = threading.Lock()


def run(steps: tuple[Step, ...], what: Run, told: Callable[[Result], None]) -> None:
    """Run the steps in their order and tell each result; InterruptedRunError when the run was cut off."""
    is_ended = False
    for step in steps:
        if is_ended and not step.is_final:
            told(_ended(Result(step.name, output=PRIOR.format(step.action, step.name))))
            continue
        result = _ended(_run_step(step, what))
        is_ended = is_ended or _ends(step, result)
        told(result)


def kill_all() -> None:
    """End every script that still runs."""
    with _LOCK:
        for group in list(_PROCESSES):
            _kill(group)


def _ends(step: Step, result: Result) -> bool:
    """Whether nothing but final steps follows; the step's own wishes may change its result."""
    if result.code == EXIT_WITH_SUCCESS:
        result.status = "Success"
    is_failed = result.status == "Failed"
    if is_failed and step.on_failure == "successAndExit":
        result.status, result.code = "Success", EXIT_WITH_SUCCESS
    return result.code in {EXIT_WITH_SUCCESS, EXIT_WITH_FAILURE} or (is_failed and bool(step.on_failure))


def _run_step(step: Step, what: Run) -> Result:
    result, platform = Result(step.name), what.node.settings.platform
    if platform not in content.PLATFORMS[step.action]:
        result.output = UNSUPPORTED.format(step.action, step.name)
        return result
    if missing := content.lacks(step, platform, what.values):
        result.output = SKIPPED.format(missing, step.name)
        return result
    inputs = content.filled(step.inputs, what.values)
    try:
        if step.action == content.DOWNLOAD:
            result.output = _download(inputs, what)
        elif what.node.settings.outputs:
            outputs = what.node.settings.outputs
            _recite(result, outputs.popleft() if len(outputs) > 1 else outputs[0])
        elif platform == "Linux":
            _run_script(step, inputs, what, result)
    except FailedStepError as failed:
        result.status, result.code, result.errors = "Failed", 1, str(failed)
    return result


def _ended(result: Result) -> Result:
    result.ended = time.time()
    return result


def _recite(result: Result, answer: dict[str, Any]) -> None:
    """What a node answers that cannot run scripts here."""
    result.output = str(answer.get("output", ""))[:KEPT]
    _conclude(result, int(answer.get("exit", 0)))


def _conclude(result: Result, code: int) -> None:
    result.code = code
    if code:
        result.status = "Failed"
        result.errors += f"failed to run commands: exit status {code}"


def _download(inputs: dict[str, Any], what: Run) -> str:
    if inputs.get("sourceType") != "S3":
        raise FailedStepError(f"the source type {inputs.get('sourceType')} is not emulated")
    bucket, region, key = _object(_path(inputs.get("sourceInfo")), what.node.place[1])
    given = str(inputs.get("destinationPath") or "")
    if PurePosixPath(given).is_absolute():
        raise FailedStepError("a node of the local organization keeps to its own directory: no absolute paths")
    if what.node.settings.platform != "Linux":
        given = PurePosixPath(given.replace("\\", "/")).name
    target = what.downloads / given
    if ".." in PurePosixPath(given).parts:
        raise FailedStepError(f"{given} is outside the node's directory")
    if target.is_dir() or given.endswith("/"):
        target /= PurePosixPath(key).name
    try:
        data = instance_role.read_object(what.node, bucket, region, key)
    except instance_role.RefusedError as refused:
        raise FailedStepError(f"failed to download from s3: {refused}") from refused
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return f"Content downloaded to {target}"


def _path(given: Any) -> str:
    try:
        info = json.loads(given) if isinstance(given, str) else given
        return str(info["path"]).strip()
    except (ValueError, KeyError, TypeError):
        raise FailedStepError("Source Info could not be unmarshalled for source type S3.") from None


def _object(url: str, region: str) -> tuple[str, str, str]:
    """The bucket, Region and key of an S3 URL in either style."""
    parts = urlsplit(url.replace("+", "%20"))
    host = S3_HOST.fullmatch(parts.hostname or "")
    if host is None:
        raise FailedStepError(f"s3 url parsing failed: {url}")
    path = unquote(parts.path).lstrip("/")
    bucket, _, key = (host["bucket"], "", path) if host["bucket"] else path.partition("/")
    return bucket, host["region"] or region, key


def _run_script(step: Step, inputs: dict[str, Any], what: Run, result: Result) -> None:
    if step.action != content.SHELL:
        raise FailedStepError("failed to run commands: pwsh: executable file not found in $PATH")
    lines = inputs.get("runCommand") or []
    directory = what.downloads.parent / result.name
    directory.mkdir(parents=True, exist_ok=True)
    script = directory / "_script.sh"
    script.write_text("\n".join(lines if isinstance(lines, list) else [lines]) + "\n")
    script.chmod(0o700)
    start = what.downloads / str(inputs.get("workingDirectory") or "")
    if not start.is_dir():
        raise FailedStepError(f"chdir {start}: no such file or directory")
    limit = float(inputs.get("timeoutSeconds") or EXECUTION_SECONDS)
    with (directory / "stdout").open("wb") as out, (directory / "stderr").open("wb") as err:
        process = subprocess.Popen(  # noqa: S603 - the document's own lines
            ["/bin/sh", "-c", str(script)],
            cwd=start,
            env=_environment(what.node),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
    try:
        code = _follow(process, time.monotonic() + limit, what.is_over)
    finally:
        result.output = (directory / "stdout").read_text(errors="replace")[:KEPT]
        result.errors = (directory / "stderr").read_text(errors="replace")[: KEPT // 3]
    if code is None:
        result.status, result.code = "TimedOut", TIMED_OUT_CODE
        return
    _conclude(result, code)


def _environment(node: Node) -> dict[str, str]:
    home = node.directory
    return {
        "PATH": f"{home / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "LANG": "C.UTF-8",
        "AWS_SSM_INSTANCE_ID": node.instance,
        "AWS_SSM_REGION_NAME": node.place[1],
        "AWS_SSM_PLATFORM_NAME": node.settings.system,
        "AWS_SSM_PLATFORM_TYPE": node.settings.platform.lower(),
    }


def _follow(process: "subprocess.Popen[bytes]", deadline: float, is_over: Callable[[], str]) -> int | None:
    """The exit code of a script; None when its time was up, InterruptedRunError when nobody waits for it."""
    with _LOCK:
        _PROCESSES.add(process.pid)
    try:
        while True:
            try:
                return process.wait(LOOK)
            except subprocess.TimeoutExpired:
                pass
            if reason := is_over():
                raise InterruptedRunError(reason)
            if time.monotonic() > deadline:
                return None
    finally:
        _kill(process.pid)
        process.wait()
        with _LOCK:
            _PROCESSES.discard(process.pid)


def _kill(group: int) -> None:
    """End a script with all that it started and left behind."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
