"""The commands of the AWS CLI can be pasted as they are."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from generator.config import Config, Trail
from generator.delegation.printed import commands

Paste = Callable[..., list[list[str]]]
# Writes down what it is asked, and knows a resource policy when there is a file of that name.
AWS = """#!/bin/sh
printf '%s\\0' "$@" >> asked && printf '\\n' >> asked
[ "$2" != describe-resource-policy ] || [ -e policy ]
"""


@pytest.fixture
def with_trail(config: Config) -> Config:
    return config.model_copy(update={"spoke": config.spoke.model_copy(update={"trail": Trail.ORGANIZATION})})


@pytest.fixture
def paste(tmp_path: Path) -> Paste:
    """Paste the commands into a shell; return the words of every call of `aws`."""
    (tmp_path / "aws").write_text(AWS)
    (tmp_path / "aws").chmod(0o755)

    def run(config: Config, *, undo: bool = False, has_policy: bool = False) -> list[list[str]]:
        if has_policy:
            (tmp_path / "policy").touch()
        for what, command in commands(config, undo=undo):
            script = f"# {what}\n{command}\n"
            subprocess.run(["sh", "-c", script], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, cwd=tmp_path, check=False)
        return [line.split("\0")[:-1] for line in (tmp_path / "asked").read_text().splitlines()]

    return run


def test_security_services_get_a_command_for_each_region(config: Config, paste: Paste) -> None:
    enable = config.enable.model_copy(update={"security_hub": True, "macie": True})
    asked = paste(config.model_copy(update={"enable": enable}))
    naming = [one for one in asked if one[0] in {"securityhub", "macie2"}]
    assert [one[one.index("--region") + 1] for one in naming] == [*config.regions, *config.regions]
    assert {one[1] for one in naming} == {"enable-organization-admin-account"}
    assert all(config.aws.hub_account in one for one in naming)


@pytest.mark.parametrize("undo", [False, True])
def test_every_command_is_one_of_the_cli_with_all_that_it_needs(with_trail: Config, paste: Paste, undo: bool) -> None:
    for service, operation, *options in paste(with_trail, undo=undo):
        model: Any = botocore.session.get_session().get_service_model(service)
        by_name = {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}
        shape = by_name[operation].input_shape
        names = {one.removeprefix("--") for one in options[::2]} - {"region"}
        assert {xform_name(one, "-") for one in (shape.required_members if shape else ())} == names


def test_they_follow_the_settings(config: Config, with_trail: Config, paste: Paste) -> None:
    assert [words[1] for words in paste(config)] == [
        "activate-organizations-access",
        "register-delegated-administrator",
        "describe-resource-policy",
        "put-resource-policy",
    ]
    assert [words[1] for words in paste(with_trail)][-2:] == [
        "enable-aws-service-access",
        "register-organization-delegated-admin",
    ]


def test_the_policy_survives_the_shell(config: Config, paste: Paste) -> None:
    (put,) = [words for words in paste(config) if words[1] == "put-resource-policy"]
    (statement,) = json.loads(put[put.index("--content") + 1])["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}


def test_a_policy_that_is_there_is_never_written_over(config: Config, paste: Paste) -> None:
    assert [words[1] for words in paste(config, has_policy=True)][-1] == "describe-resource-policy"


def test_taking_back_leaves_what_others_may_use(with_trail: Config, paste: Paste) -> None:
    assert [words[1] for words in paste(with_trail, undo=True, has_policy=True)] == [
        "deregister-organization-delegated-admin",
        "describe-resource-policy",
        "deregister-delegated-administrator",
    ]
