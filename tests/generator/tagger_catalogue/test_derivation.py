"""The derivation of the creator tagger's catalogue, from real API models and a small authorization reference."""

from typing import Any

import pytest
from botocore.session import get_session

from generator.tagger_catalogue.authorization import Reference
from generator.tagger_catalogue.derivation import Derived, Sources, derive
from generator.tagger_catalogue.schemas import Schema, Schemas
from spoke.creator_tagger.creation import Created

_TAGGED = {"condition_keys": ["aws:ResourceTag/${TagKey}"]}
_MAY_CARRY_TAGS = {"": {"condition_keys": ["aws:RequestTag/${TagKey}", "aws:TagKeys"]}}


def _service(actions: dict[str, str], kinds: dict[str, str]) -> dict[str, Any]:
    privileges = {
        action: {"resource_types": {**_MAY_CARRY_TAGS, kind: {"condition_keys": []}}}
        for action, kind in actions.items()
    }
    return {"privileges": privileges, "resources": {name: {"arn": arn, **_TAGGED} for name, arn in kinds.items()}}


_HERE = "${Partition}:%s:${Region}:${Account}:"
_REFERENCE = {
    "sqs": _service({"CreateQueue": "queue"}, {"queue": f"arn:{_HERE % 'sqs'}${{QueueName}}"}),
    "rds": _service({"CopyOptionGroup": "og"}, {"og": f"arn:{_HERE % 'rds'}og:${{OptionGroupName}}"}),
    "ec2": _service(
        {"CreateVolume": "volume", "CreateNatGateway": "natgateway"},
        {
            "volume": f"arn:{_HERE % 'ec2'}volume/${{VolumeId}}",
            "natgateway": f"arn:{_HERE % 'ec2'}natgateway/${{NatGatewayId}}",
        },
    ),
    "appmesh": _service(
        {"CreateVirtualNode": "virtualNode"},
        {"virtualNode": f"arn:{_HERE % 'appmesh'}mesh/${{MeshName}}/virtualNode/${{VirtualNodeName}}"},
    ),
    "apprunner": _service(
        {"CreateService": "service"},
        {"service": f"arn:{_HERE % 'apprunner'}service/${{ServiceName}}/${{ServiceId}}"},
    ),
    "kms": _service({"CreateKey": "key"}, {"key": f"arn:{_HERE % 'kms'}key/${{KeyId}}"}),
}


@pytest.fixture(scope="module")
def derived() -> dict[str, Derived]:
    session = get_session()
    names = ("apprunner", "appmesh", "ec2", "kms", "rds", "docdb", "sqs", "sts", "cloudwatch")
    models = {name: session.get_service_model(name) for name in names}
    return derive(Sources(models, Reference(_REFERENCE), Schemas({})))


@pytest.mark.parametrize(
    ("call", "created"),
    [
        ("sqs:CreateQueue", Created("arn:{partition}:sqs:{region}:{account}:{id}", "requestParameters.queueName")),
        (
            "ec2:CreateVolume",
            Created("arn:{partition}:ec2:{region}:{account}:volume/{id}", "responseElements.volumeId"),
        ),
        (
            "ec2:CreateNatGateway",
            Created(
                "arn:{partition}:ec2:{region}:{account}:natgateway/{id}", "responseElements.natGateway.natGatewayId"
            ),
        ),
        (
            "kms:CreateKey",
            Created(
                "arn:{partition}:kms:{region}:{account}:key/{id}",
                "responseElements.keyMetadata.arn",
                "responseElements.keyMetadata.keyId",
            ),
        ),
        (
            "appmesh:CreateVirtualNode",
            Created(
                "arn:{partition}:appmesh:{region}:{account}:mesh/{requestParameters.meshName}/virtualNode/{id}",
                "responseElements.virtualNode.metadata.arn",
                "requestParameters.virtualNodeName",
            ),
        ),
        (
            "apprunner:CreateService",
            Created(
                "arn:{partition}:apprunner:{region}:{account}:service/{requestParameters.serviceName}/{id}",
                "responseElements.service.serviceArn",
                "responseElements.service.serviceId",
            ),
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_call_names_what_it_creates(derived: dict[str, Derived], call: str, created: Created) -> None:
    service, _, name = call.partition(":")
    found = derived[f"{service}.amazonaws.com:{name}"]
    assert found.created is not None
    assert (found.created.template, found.created.path) == (created.template, created.path)
    assert not created.fallback or found.created.fallback == created.fallback


def test_what_is_copied_is_never_taken_for_the_copy(derived: dict[str, Derived]) -> None:
    copied = derived["rds.amazonaws.com:CopyOptionGroup"].created
    assert copied is not None
    assert copied.fallback == "requestParameters.targetOptionGroupIdentifier"


def test_of_two_services_that_record_the_same_call_the_better_one_is_asked(derived: dict[str, Derived]) -> None:
    assert derived["rds.amazonaws.com:CreateDBCluster"].service == "rds"


def test_what_creates_nothing_that_lasts_is_left_out(derived: dict[str, Derived]) -> None:
    names = {call.partition(":")[2] for call in derived}
    assert not names & {"CreateTags", "CreateGrant", "CreateRoute", "PutMetricData", "AssumeRole", "DescribeVolumes"}


def test_a_service_is_called_as_cloudtrail_calls_it(derived: dict[str, Derived]) -> None:
    assert "monitoring.amazonaws.com:PutMetricAlarm" in derived


def test_nobodys_word_is_enough_alone(derived: dict[str, Derived]) -> None:
    queue, alarm = derived["sqs.amazonaws.com:CreateQueue"], derived["monitoring.amazonaws.com:PutMetricAlarm"]
    assert (queue.witnesses, queue.is_trusted) == (3, True)
    assert not alarm.is_trusted


def test_a_schema_counts_for_the_type_of_the_nouns_name_only() -> None:
    schemas = Schemas({"sqs:createqueue": [Schema("queuepolicy", None), Schema("queue", is_taggable=True)]})
    assert schemas.is_taggable("sqs:CreateQueue", "Queue")
    assert not schemas.is_taggable("sqs:CreateQueue", "Topic")
    assert not schemas.is_taggable("sns:CreateTopic", "Topic")
