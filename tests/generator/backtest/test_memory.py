"""Memory does not grow with the history: peaks are compared, as megabytes differ by machine."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.generator.backtest.conftest import FOLDER, record

_PEAK = """
import resource, sys
from generator.backtest.history import Period, files
from generator.backtest.run import Run
from generator.deployment import usual_deployment
run = Run(usual_deployment(), Period())
for reached in run.read(files(sys.argv[1:], None)):
    pass
print(reached.events, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def archive(root: Path, events: int) -> Path:
    """Write one log file of many records; each thousandth is a finding."""
    read = {**record("iam.user_created"), "eventName": "ListUsers"}
    quiet, loud = (json.dumps({**one, "eventID": "ID"}) for one in (read, record("iam.user_created")))
    (root / FOLDER).mkdir(parents=True)
    with gzip.open(root / FOLDER / "log.json.gz", "wt", compresslevel=1) as file:
        file.write('{"Records": [')
        for number in range(events):
            body = loud if number % 1_000 == 0 else quiet
            file.write(("," if number else "") + body.replace('"ID"', f'"{number:032x}"'))
        file.write("]}")
    return root


def peak(root: Path) -> tuple[int, int]:
    ran = subprocess.run([sys.executable, "-c", _PEAK, str(root)], capture_output=True, text=True, check=True)
    events, kilobytes = ran.stdout.split()
    return int(events), int(kilobytes)


@pytest.mark.slow
def test_a_history_of_a_hundred_thousand_events_needs_hardly_more_memory_than_one_of_two(tmp_path: Path) -> None:
    few, small = peak(archive(tmp_path / "small", 2))
    many, large = peak(archive(tmp_path / "large", 100_000))
    assert (few, many) == (2, 100_000)
    assert large < 1.5 * small
