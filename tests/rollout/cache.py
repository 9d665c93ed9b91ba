"""The packages' cache of this checkout, for tests that generate into a folder of their own."""

from pathlib import Path

from generator.third_party import ROOT


def share_cache(build: Path) -> None:
    """Make the folder `build` with the checkout's cache in it: packing anew takes half a minute."""
    cache = ROOT / "build" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    build.mkdir()
    (build / "cache").symlink_to(cache, target_is_directory=True)
