"""`python -m localorg`: the emulated organization on one loopback port."""

import argparse
import os
import sys
from typing import NoReturn

from localorg import listening
from localorg.options import Options, OptionsError, region_list


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage text."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of exiting, so that every refusal leaves through one door."""
        raise OptionsError(message)


def parse(arguments: list[str]) -> Options:
    """The command line's options; OptionsError says what is wrong with it."""
    parser = OneLineParser(prog="python -m localorg", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 picks a free one")
    parser.add_argument("--accounts", type=int, default=5, help="member accounts besides the hub's")
    parser.add_argument("--regions", type=region_list, default=("us-east-1", "eu-west-1"))
    parser.add_argument("--bare", action="store_true", help="nothing is delegated to the hub yet")
    parser.add_argument("--log-level", default="WARNING", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    parser.add_argument("--with-parent", type=int, help="stop when this process is gone")
    parser.add_argument("--no-trail", dest="trail", action="store_false", help="the organization has no trail")
    parser.add_argument("--wait-scale", type=float, default=0.01, help="what a second of waiting takes, 0 to 1")
    return Options.checked(**vars(parser.parse_args(arguments)))


def main() -> int:
    """Run until told to stop; 2 when the port or an argument cannot be used."""
    try:
        options = parse(sys.argv[1:])
        listener = listening.bind(options.port)
    except (OptionsError, listening.PortTakenError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - a command line's answer
        return 2
    listening.set_environment(listener.getsockname()[1], options.log_level)
    # MiniStack reads its settings while it is imported.
    from localorg import gateway, patches  # noqa: PLC0415

    try:
        gateway.run(listener, options)
    except patches.PatchError as error:
        print(f"error: {error}; make setup brings it back", file=sys.stderr)  # noqa: T201 - as above
        return 1
    return 0


if __name__ == "__main__":
    # MiniStack's worker threads would hold a normal exit for as long as a Lambda runs.
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
