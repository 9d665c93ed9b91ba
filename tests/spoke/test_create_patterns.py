"""The patterns of create events: every call of the table comes through, and no noise."""

import json
from typing import Any

import pytest

from generator.matcher import matches
from spoke.creator_tagger.pattern import create_patterns
from spoke.creator_tagger.resources import CREATED

PATTERNS = create_patterns()


def _comes_through(event: dict[str, Any]) -> bool:
    return any(matches(pattern, event) for pattern in PATTERNS)


def test_every_call_of_the_table_comes_through(event_of: Any) -> None:
    calls = [call.replace(".amazonaws.com", "").partition(":") for call in CREATED]
    assert [call for call in calls if not _comes_through(event_of(call[0], call[2]))] == []


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("ec2", "CreateTags"),
        ("autoscaling", "CreateOrUpdateTags"),
        ("tagging", "TagResources"),
        ("sqs", "TagQueue"),
        ("kms", "CreateGrant"),
        ("logs", "CreateLogStream"),
        ("ec2", "DescribeInstances"),
        ("iam", "DeleteUser"),
    ],
)
def test_tag_calls_and_noise_do_not_wake_the_function(event_of: Any, service: str, name: str) -> None:
    assert not _comes_through(event_of(service, name))


def test_a_role_session_comes_through_but_not_musters_own(event_of: Any) -> None:
    def made_by(role: str) -> dict[str, Any]:
        identity = {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"type": "Role", "userName": role}}}
        return event_of("sqs", "CreateQueue", userIdentity=identity)

    assert _comes_through(made_by("deployer"))
    assert _comes_through(made_by("muster-evil"))
    assert not _comes_through(made_by("muster-spoke-creator-tagger-eu-central-1"))


@pytest.mark.parametrize("refusal", [{"errorCode": "AccessDenied"}, {"errorMessage": "no"}, {"readOnly": True}])
def test_refused_and_read_only_calls_do_not_wake_the_function(event_of: Any, refusal: dict[str, Any]) -> None:
    assert not _comes_through(event_of("sqs", "CreateQueue", **refusal))


def test_an_event_that_somebody_else_forged_does_not_wake_the_function(event_of: Any) -> None:
    assert not _comes_through(event_of("sqs", "CreateQueue") | {"source": "my.app"})


def test_patterns_are_few_and_within_eventbridges_quota() -> None:
    assert len(PATTERNS) <= 4
    assert all(len(json.dumps(pattern, separators=(",", ":"))) <= 2048 for pattern in PATTERNS)
