"""The table of create calls: every line can name what it promises."""

import re

import pytest
from botocore.model import ServiceModel
from botocore.session import get_session

from spoke.creator_tagger.creation import IN_EVENT, Created
from spoke.creator_tagger.permissions import api_actions, narrowed_actions, tag_actions
from spoke.creator_tagger.resources import CATALOGUE, CREATED
from spoke.creator_tagger.services import OWN_CALLS, SERVICES, OwnCall, client_names

_CALL = re.compile(r"[a-z0-9-]+\.amazonaws\.com:[A-Z][A-Za-z0-9_]+")
_PATH = re.compile(r"(requestParameters|responseElements)(\.\w+(\[\])?)+")
_TEMPLATE = re.compile(r"arn:\{partition\}:[a-z0-9-]+:(\{region\})?:(\{account\})?:.+")
_PLACE = re.compile(r"\{([^}]+)\}")
# The eight services that the first auto-tagger knew, and what else people make every day.
_EVERYDAY = (
    "dynamodb:CreateTable", "ec2:CreateVolume", "ec2:RunInstances", "elasticache:CreateCacheCluster", "iam:CreateRole",
    "kms:CreateKey", "lambda:CreateFunction20150331", "logs:CreateLogGroup", "rds:CreateDBInstance",
    "route53:CreateHostedZone", "s3:CreateBucket", "sns:CreateTopic", "sqs:CreateQueue",
)  # fmt: skip


def _is_sane(call: str, created: Created) -> bool:
    places = set(_PLACE.findall(created.template)) - {"partition", "region", "account", "id"}
    paths = {created.path, created.fallback or created.path, *places}
    has_form = bool(_TEMPLATE.fullmatch(created.template)) and "{id}" in created.template
    return bool(_CALL.fullmatch(call)) and all(map(_PATH.fullmatch, paths)) and (has_form or not created.template)


def test_every_line_has_paths_and_a_template_that_can_be_filled() -> None:
    assert len(CREATED) > 1300
    assert [call for call, created in CREATED.items() if not _is_sane(call, created)] == []


@pytest.mark.parametrize("call", _EVERYDAY)
def test_what_people_make_every_day_is_in_the_table(call: str) -> None:
    service, _, name = call.partition(":")
    assert f"{service}.amazonaws.com:{name}" in CREATED


def test_a_fallback_needs_a_template_to_become_an_arn() -> None:
    assert [call for call, one in CREATED.items() if one.fallback and one.template == IN_EVENT] == []


def test_every_line_belongs_to_a_service_that_can_be_tagged() -> None:
    assert {call.partition(":")[0] for call in CREATED} == set(SERVICES)
    assert set(OWN_CALLS) <= set(CREATED)
    assert not set(CATALOGUE.untaggable) & set(CREATED)


def test_stacks_are_never_tagged_because_tagging_them_updates_them() -> None:
    assert "cloudformation.amazonaws.com" not in SERVICES


def test_the_role_needs_no_more_than_one_inline_policy() -> None:
    text = ",".join(f'"{action}"' for action in (*api_actions(), *tag_actions(), *narrowed_actions()))
    assert len(text) < 9_000
    assert not [action for action in tag_actions() if "*" in action]


def test_an_action_that_changes_more_than_tags_is_limited_to_a_kind_of_resource() -> None:
    assert not set(narrowed_actions()) & set(tag_actions())
    assert all(arn.startswith("arn:{partition}:") for arn in narrowed_actions().values())


def test_the_clients_of_own_calls_exist() -> None:
    assert set(client_names()) <= set(get_session().get_available_services())


def test_an_own_call_has_the_parameters_that_the_services_model_knows() -> None:
    session = get_session()
    own_calls = [*(one.own for one in SERVICES.values() if one.own), *OWN_CALLS.values()]
    assert [own for own in own_calls if not _agrees(own, session.get_service_model(own.client))] == []


def _agrees(own: OwnCall, model: ServiceModel) -> bool:
    members = model.operation_model("TagResource").input_shape.members
    tags = members.get(own.tags)
    if own.arn not in members or tags is None:
        return False
    return tags.type_name == "map" if own.pair is None else set(own.pair) == set(tags.member.members)
