"""What B13 measures, in a process of its own: every template of the sample settings; prints their digest and count."""

import hashlib
import json
import sys

from generator.generate import templates
from generator.snapshots import blank_artefacts, sample


def main() -> None:
    """Render, then say what was rendered."""
    rendered = templates(sample(), blank_artefacts())
    digest = hashlib.sha256("".join(rendered.values()).encode()).hexdigest()
    count = sum(len(json.loads(body)["Resources"]) for body in rendered.values())
    sys.stdout.write(json.dumps({"digest": digest, "resources": count}))


if __name__ == "__main__":
    main()
