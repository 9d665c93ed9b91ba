"""AWS Config's recorder: made where there is none, ours started again, nobody else's touched."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from spoke.heartbeat.recording import Recording, kept_recording

ASKED = Recording("aws", "111122223333", "eu-central-1", "muster-spoke-recorder", "example-config")
ROLE = "arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"


class Account:
    """AWS Config and IAM of an account in memory; `dies_at` is the call at which the function is killed."""

    def __init__(self, **recorders: bool) -> None:
        self.recorders = recorders
        self.channels: dict[str, str] = {}
        self.roles: list[str] = []
        self.changes: list[str] = []
        self.dies_at = ""
        self.made: dict[str, Any] = {}

    def __call__(self, _service: str, _region: str) -> "Account":
        return self

    def describe_configuration_recorders(self) -> Any:
        return {"ConfigurationRecorders": [{"name": one} for one in self.recorders]}

    def describe_configuration_recorder_status(self) -> Any:
        found = [{"name": name, "recording": is_on} for name, is_on in self.recorders.items()]
        return {"ConfigurationRecordersStatus": found}

    def create_service_linked_role(self, AWSServiceName: str) -> None:  # noqa: N803 - boto's name
        self._change("role")
        if AWSServiceName in self.roles:
            answer: Any = {"Error": {"Code": "InvalidInput", "Message": "has been taken in this account"}}
            raise ClientError(answer, "CreateServiceLinkedRole")
        self.roles.append(AWSServiceName)

    def put_configuration_recorder(self, ConfigurationRecorder: Any) -> None:  # noqa: N803 - as above
        self._change("recorder")
        self.made = ConfigurationRecorder
        self.recorders.setdefault(ConfigurationRecorder["name"], False)

    def put_delivery_channel(self, DeliveryChannel: Any) -> None:  # noqa: N803 - as above
        self._change("channel")
        self.channels[DeliveryChannel["name"]] = DeliveryChannel["s3BucketName"]

    def start_configuration_recorder(self, ConfigurationRecorderName: str) -> None:  # noqa: N803 - as above
        self._change("start")
        assert self.channels, "AWS Config starts no recorder without a delivery channel"
        self.recorders[ConfigurationRecorderName] = True

    def _change(self, what: str) -> None:
        if what == self.dies_at:
            raise TimeoutError
        self.changes.append(what)


def test_a_recorder_is_made_once_where_there_is_none() -> None:
    account = Account()
    assert kept_recording(ASKED, account) == ""
    assert (account.recorders, account.channels) == ({ASKED.name: True}, {ASKED.name: "example-config"})
    assert account.made["roleARN"] == ROLE
    account.changes.clear()
    assert kept_recording(ASKED, account) == ""
    assert account.changes == []


@pytest.mark.parametrize("call", ["role", "recorder", "channel", "start"])
def test_killed_anywhere_the_next_call_does_the_rest(call: str) -> None:
    account = Account()
    account.dies_at = call
    with pytest.raises(TimeoutError):
        kept_recording(ASKED, account)
    account.dies_at = ""
    assert kept_recording(ASKED, account) == ""
    assert account.recorders == {ASKED.name: True}


@pytest.mark.parametrize(("is_on", "said"), [(True, ""), (False, "AWS Config's recorder default stands still")])
def test_a_recorder_of_somebody_else_is_left_alone(is_on: bool, said: str) -> None:
    account = Account(default=is_on)
    assert kept_recording(ASKED, account) == said
    assert account.changes == []


def test_global_resources_are_recorded_once() -> None:
    here, there = Account(), Account()
    kept_recording(ASKED, here)
    kept_recording(Recording("aws", "111122223333", "us-east-1", ASKED.name, ASKED.bucket), there)
    assert not here.made["recordingGroup"]["includeGlobalResourceTypes"]
    assert there.made["recordingGroup"]["includeGlobalResourceTypes"]


def test_without_a_bucket_nobody_is_asked() -> None:
    assert kept_recording(Recording("aws", "1", "eu-central-1", "x"), None) == ""  # type: ignore[arg-type] # never called
