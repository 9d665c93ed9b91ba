"""Whether this machine can build the packages."""

from generator.config import Target
from generator.doctor.diagnosis import Hub, Verdict, warning, well
from generator.interpreter import installed, running_version


def interpreter(hub: Hub) -> Verdict:
    """Look for an interpreter of the functions' version, which compiles their bytecode."""
    if hub.config.aws.target is Target.HOST:
        return well(f"Python {running_version()}, the one that runs")
    version = hub.config.spoke.runtime.removeprefix("python")
    found = installed(version)
    if found:
        return well(f"Python {version}: {found}")
    return warning(
        f"no Python {version} on this machine: a deploy downloads it",
        f"`uv python install {version}`; or `muster generate --python PATH`",
    )
