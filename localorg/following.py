"""The process that the gateway follows: when it is gone, the gateway goes too."""

import asyncio
import os
from pathlib import Path


async def follow(pid: int, stopping: asyncio.Event) -> None:
    """Set `stopping` when the process is gone; looks twice a second, because a killed process cannot tell."""
    while not stopping.is_set():
        if not is_alive(pid):
            stopping.set()
        await asyncio.sleep(0.5)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that was killed and not yet collected by its parent does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
