"""`muster explain`: what Muster would make of recorded events."""

from typing import Annotated

import typer
from rich.console import Console

from generator.commands.options import JsonOption, KeyOption, OptionalConfigOption
from generator.config import load
from generator.deployment import configured_deployment, usual_deployment
from generator.explain import ExplainedFinding, Explanation
from generator.explain import explain as explained
from generator.reading import read_items


def explain(
    paths: Annotated[list[str] | None, typer.Argument(help="Files or directories; - or none: standard input.")] = None,
    *,
    key: KeyOption = None,
    config: OptionalConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say which events are forwarded, what is found in them, and which resources are tagged."""
    console = Console(highlight=False, soft_wrap=True)
    deployment = configured_deployment(load(config)) if config else usual_deployment()
    for one in explained(read_items(paths or ["-"], key), deployment):
        if json:
            typer.echo(one.line())
        else:
            console.print("\n".join(_said(one)), markup=False)


def _said(one: Explanation) -> list[str]:
    if one.error:
        return [f"{one.index}: error: {one.error}"]
    lines = [f"{one.index}: {one.api_call or 'no CloudTrail record'} by {one.actor or 'nobody named'} ({one.event_id})"]
    lines.append(f"   forwarded by rule {one.rule}" if one.forwarded else "   not forwarded: no alert rule matches")
    for finding in one.findings:
        lines += _finding_lines(finding)
    if not one.findings:
        lines.append("   no finding")
    lines += [f"   tag {created.arn}: {_tags(created.tags)}" for created in one.creates]
    if not one.creates and one.untagged_because:
        lines.append(f"   no tag: {one.untagged_because}")
    return lines


def _finding_lines(finding: ExplainedFinding | dict[str, object]) -> list[str]:
    if not isinstance(finding, ExplainedFinding):
        return [f"   {finding['severity']} {finding['title']} ({finding['id']})"]
    also = f", also {', '.join(finding.also)}" if finding.also else ""
    first = f"   {finding.severity} {finding.title} ({finding.detection}{also})"
    return [first, *(f"      {resource}" for resource in finding.resources)]


def _tags(tags: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in tags.items())
