"""B13: rendering every template, beside AWS CDK's synth of as many resources."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from generator.third_party import ROOT
from tests.bench.measure import Measure, children_cpu

ROUNDS = 5
SEEDS = range(5)
CDK = ("aws-cdk-lib@2.276.0", "constructs@10.8.1")
CACHE = ROOT / "build" / "cache"
APP = Path(__file__).with_name("cdk_synth.js")


def templates_beside_cdk() -> dict[str, Measure]:
    """Processor time of fresh processes, start and imports included, run in turn; and the bytes for several hash seeds.

    CDK is in its own language, on Node.js, and as it comes: its synth also validates, which is most of its time.
    """
    rendered = [_rendered(seed) for seed in SEEDS]
    resources = rendered[0]["resources"]
    cdk = _cdk()
    with tempfile.TemporaryDirectory() as folder:
        command = ["node", str(APP), folder, str(resources)]
        rounds = [(_cpu(_command(), _environment(0)), _cpu(command, {"NODE_PATH": str(cdk)})) for _ in range(ROUNDS)]
    ours, theirs = (median(run[place] for run in rounds) for place in range(2))
    different = len({one["digest"] for one in rendered}) - 1
    return {
        "B13 every template": Measure(ours * 1000, "ms", 0.1, (f"CDK synth of {resources} queues", theirs * 1000)),
        "B13 bytes that follow the hash seed": Measure(different, "renderings", 0),
    }


def _command() -> list[str]:
    return [sys.executable, "-m", "tests.bench.render"]


def _environment(seed: int) -> dict[str, str]:
    """Byte code is written by the first run, whatever the caller's environment says."""
    return {"PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT)}


def _rendered(seed: int) -> dict[str, Any]:
    environment = {"PATH": os.environ["PATH"], **_environment(seed)}
    done = subprocess.run(_command(), env=environment, cwd=ROOT, capture_output=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _cpu(command: list[str], environment: dict[str, str]) -> float:
    """Return the processor seconds that a command took, its threads included."""
    before = children_cpu()
    path = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    subprocess.run(command, env={**path, **environment}, cwd=ROOT, capture_output=True, check=True)
    return children_cpu() - before


def _cdk() -> Path:
    """Return the folder with CDK's modules, installed once."""
    folder = CACHE / f"cdk-{CDK[0].rpartition('@')[2]}"
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        raise RuntimeError("B13 needs Node.js and npm on the PATH: apt-get install nodejs npm")
    if not folder.is_dir():
        part = folder.with_suffix(".part")
        part.mkdir(parents=True, exist_ok=True)
        subprocess.run([npm, "install", "--no-audit", "--no-fund", "--prefix", str(part), *CDK], check=True)
        part.rename(folder)
    return folder / "node_modules"
