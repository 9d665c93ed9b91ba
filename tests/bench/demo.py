"""B16: the demo, from its start to its summary."""

import json
import subprocess
import sys
import threading
from pathlib import Path

from tests.bench.measure import Measure


def demo_to_summary() -> dict[str, Measure]:
    """Seconds to the summary and the peak memory of all its processes, with packages already resolved once."""
    command = [str(Path(sys.executable).with_name("muster")), "demo", "--no-dashboard", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    peak = _Peak(process.pid)
    peak.start()
    out, _ = process.communicate()
    peak.stop()
    report = json.loads(out)
    return {
        "B16 demo to summary": Measure(report["seconds"], "s", 60),
        "B16 demo memory": Measure(peak.bytes / 2**30, "GiB", 2),
        "B16 demo lost": Measure(process.returncode + report["dead_letters"], "messages", 0),
    }


class _Peak(threading.Thread):
    """Samples the proportional memory (PSS) of a process and its descendants."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._ended = threading.Event()
        self.bytes = 0

    def run(self) -> None:
        while not self._ended.wait(0.5):
            self.bytes = max(self.bytes, sum(_pss(pid) for pid in _family(self._pid)))

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _family(root: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    family, rest = [root], [root]
    while rest:
        rest = [pid for pid, parent in parents.items() if parent in rest]
        family += rest
    return family


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
