"""Templates and guardrail as `tests/snapshots` keeps them; `python -m generator.snapshots` accepts them as they are."""

import json
from pathlib import Path
from typing import Any

from generator.config import Config, load
from generator.functions import FUNCTIONS
from generator.generate import templates
from generator.guardrail import FILE, guardrail

SNAPSHOTS = Path(__file__).resolve().parents[1] / "tests" / "snapshots"


def sample() -> Config:
    """Return the settings that the snapshots are rendered from."""
    return load(SNAPSHOTS / "muster.toml")


def blank_artefacts() -> dict[str, str]:
    """Return the S3 keys of no code in particular: a snapshot shows the infrastructure."""
    return {what.name: f"functions/{what.name}/{'0' * 64}.zip" for what in FUNCTIONS}


def rendered(config: Config) -> dict[str, Any]:
    """Return every template of some settings, by its stack's short name."""
    return {name: json.loads(body) for name, body in templates(config, blank_artefacts()).items()}


def written(template: Any) -> str:
    """Return a template as its snapshot is written: a change of one property is a change of one line."""
    return json.dumps(template, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write every snapshot."""
    for name, template in rendered(sample()).items():
        (SNAPSHOTS / f"{name}.json").write_text(written(template), encoding="utf-8")
    (SNAPSHOTS / FILE).write_text(written(guardrail(sample())), encoding="utf-8")


if __name__ == "__main__":
    main()
