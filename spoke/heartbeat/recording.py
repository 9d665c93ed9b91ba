"""AWS Config's recorder of an account and Region: made where there is none, and nobody else's is touched."""

from typing import Any

import msgspec
from botocore.exceptions import ClientError

from contract.names import GLOBAL_REGIONS
from spoke.clients import Clients

# IAM's words for a role that is there already.
_TAKEN = {"InvalidInput", "EntityAlreadyExists"}
_SERVICE = "config.amazonaws.com"
_ROLE = "aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"


class Recording(msgspec.Struct, frozen=True):
    """Where a recorder is, what ours is called, and the bucket that it delivers to; without one nothing is made."""

    partition: str
    account: str
    region: str
    name: str
    bucket: str = ""


def kept_recording(asked: Recording, clients: Clients) -> str:
    """Make and start the recorder where there is none, start ours where it stands; return what stands all the same.

    An account has one recorder of its own in a Region (Config guide, "Service limits"). Killed anywhere, the next call
    does the rest.
    """
    if not asked.bucket:
        return ""
    config = clients("config", asked.region)
    recorders = [one["name"] for one in config.describe_configuration_recorders()["ConfigurationRecorders"]]
    if not recorders or (asked.name in recorders and not _is_recording(config)):
        _begin(asked, config, clients("iam", asked.region))
        return ""
    return "" if _is_recording(config) else f"AWS Config's recorder {', '.join(recorders)} stands still"


def _is_recording(config: Any) -> bool:
    found = config.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    return any(one["recording"] for one in found)


def _begin(asked: Recording, config: Any, iam: Any) -> None:
    _make_role(iam)
    role = f"arn:{asked.partition}:iam::{asked.account}:role/{_ROLE}"
    # Users and roles are of no Region: one recorder tells of them.
    everything = {
        "allSupported": True,
        "includeGlobalResourceTypes": asked.region == GLOBAL_REGIONS[asked.partition],
    }
    config.put_configuration_recorder(
        ConfigurationRecorder={"name": asked.name, "roleARN": role, "recordingGroup": everything}
    )
    config.put_delivery_channel(DeliveryChannel={"name": asked.name, "s3BucketName": asked.bucket})
    config.start_configuration_recorder(ConfigurationRecorderName=asked.name)


def _make_role(iam: Any) -> None:
    try:
        iam.create_service_linked_role(AWSServiceName=_SERVICE)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _TAKEN:
            raise
