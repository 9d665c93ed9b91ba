"""B16: the demo, from its start to its summary."""

import json
import subprocess
import sys
from pathlib import Path

from tests.bench.measure import Measure
from tests.bench.memory import Peak


def demo_to_summary() -> dict[str, Measure]:
    """Seconds to the summary and the peak memory of all its processes, with packages already resolved once."""
    command = [str(Path(sys.executable).with_name("muster")), "demo", "--no-dashboard", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with Peak(process.pid) as peak:
        out, _ = process.communicate()
    report = json.loads(out)
    return {
        "B16 demo to summary": Measure(report["seconds"], "s", 60),
        "B16 demo memory": Measure(peak.bytes / 2**30, "GiB", 2),
        "B16 demo lost": Measure(process.returncode + report["dead_letters"], "messages", 0),
    }
