"""`muster explain`: what Muster would make of recorded events."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Annotated

import typer
from rich.console import Console

from generator.commands.explanation import Summary, in_full, in_short
from generator.commands.options import JsonOption, KeyOption, OptionalConfigOption, OrgOption
from generator.commands.unread import Unread
from generator.deployment import chosen_deployment, named
from generator.explain import Explanation
from generator.explain import explain as explained
from generator.reading import read_items
from hub.detections.detection import Detection
from hub.detections.native.feed import Feed

# So many events are told in full; of more, those that nothing comes of have a line each.
_FEW = 5

DetectionOption = Annotated[
    str | None, typer.Option("--detection", help="Ask this detection only: why it fires, why it does not.")
]
VerboseOption = Annotated[bool, typer.Option("--verbose", help="Tell every event in full.")]


def explain(  # noqa: PLR0913 - the options of a command
    paths: Annotated[list[str] | None, typer.Argument(help="Files or directories; - or none: standard input.")] = None,
    *,
    key: KeyOption = None,
    detection: DetectionOption = None,
    org: OrgOption = None,
    config: OptionalConfigOption = None,
    verbose: VerboseOption = False,
    json: JsonOption = False,
) -> None:
    """Say which events are forwarded, what is found in them and why, and which resources are tagged.

    Each item that cannot be read has its error; a file in which nothing can be read is named on standard error. The
    exit code is 0 all the same: scripts look at the items' errors.
    """
    deployment = chosen_deployment(config, org, detection)
    console = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
    unread = Unread(lambda text: console.print(f"warning: {text}", markup=False))
    items = read_items(paths or ["-"], key, empty=unread.empty)
    found = unread.follow(explained(items, deployment, with_reasons=not json))
    if json:
        for one in found:
            typer.echo(one.line())
    else:
        _show(found, named(detection) if detection else None, verbose=verbose)


def _show(found: Iterator[Explanation], asked: Detection | Feed | None, *, verbose: bool) -> None:
    """Print the explanations; of one detection only where it has a word."""
    # Without `emoji`, or the ARN of a secret would hold a picture of one.
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    summary = Summary(asked)
    first = list(islice(found, _FEW + 1))
    is_told = verbose or len(first) <= _FEW
    for one in chain(first, found):
        if not summary.add(one):
            continue
        is_full = is_told or one.is_eventful
        for line, style in in_full(one, is_whole=verbose or asked is not None) if is_full else in_short(one):
            console.print(line, style=style, markup=False)
    for line in summary.lines():
        console.print(line, style="bold", markup=False)
