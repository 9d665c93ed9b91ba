"""What uses images and snapshots: instances, launch templates, Auto Scaling groups, parameters of Systems Manager."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from spoke.clients import Clients

_ID = re.compile(r"\b(?:ami|snap)-[0-9a-f]{8,17}\b")
# GetParameters takes ten names (its API).
_PARAMETERS = 10
_ENDED = "terminated"


def references(clients: Clients, region: str) -> dict[str, str]:
    """Return the ids of images and snapshots that are in use here, each with by what: one of its users.

    Whatever holds an id counts, in whichever field: Auto Scaling groups' overrides, every version of a launch template.
    """
    found: dict[str, str] = {}
    for user, documents in _users(clients, region):
        for document in documents:
            for id_ in ids_in(document):
                found.setdefault(id_, user)
    return found


def ids_in(document: Any) -> Iterator[str]:
    """Yield the ids of images and snapshots in an answer of AWS, however deep."""
    if isinstance(document, str):
        yield from _ID.findall(document)
    elif isinstance(document, dict):
        for held in document.values():
            yield from ids_in(held)
    elif isinstance(document, list | tuple):
        for held in document:
            yield from ids_in(held)


def _users(clients: Clients, region: str) -> Iterator[tuple[str, Iterable[Any]]]:
    ec2, scaling, ssm = (clients(service, region) for service in ("ec2", "autoscaling", "ssm"))
    yield "an instance", _instances(ec2)
    yield "a launch template", _template_versions(ec2)
    yield "an Auto Scaling group", _pages(scaling, "describe_auto_scaling_groups", "AutoScalingGroups")
    yield "a launch configuration", _pages(scaling, "describe_launch_configurations", "LaunchConfigurations")
    yield "a parameter of Systems Manager", _parameters(ssm)


def _instances(ec2: Any) -> Iterator[str]:
    for reservation in _pages(ec2, "describe_instances", "Reservations"):
        yield from (one["ImageId"] for one in reservation["Instances"] if one["State"]["Name"] != _ENDED)


def _template_versions(ec2: Any) -> Iterator[Any]:
    for template in _pages(ec2, "describe_launch_templates", "LaunchTemplates"):
        of = template["LaunchTemplateId"]
        yield from _pages(ec2, "describe_launch_template_versions", "LaunchTemplateVersions", LaunchTemplateId=of)


def _parameters(ssm: Any) -> Iterator[str]:
    plain = [{"Key": "Type", "Values": ["String", "StringList"]}]
    names = [one["Name"] for one in _pages(ssm, "describe_parameters", "Parameters", ParameterFilters=plain)]
    for start in range(0, len(names), _PARAMETERS):
        answer = ssm.get_parameters(Names=names[start : start + _PARAMETERS])
        yield from (one["Value"] for one in answer["Parameters"])


def _pages(client: Any, call: str, field: str, **given: Any) -> Iterator[Any]:
    for page in client.get_paginator(call).paginate(**given):
        yield from page[field]
