"""Accounts' settings in an artefact bucket."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from hub.settings_files import SettingsLeftError, Written, write_settings
from tests.hub.conftest import Calls

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "muster-artefacts-111122223333-eu-central-1"


@pytest.fixture
def s3(aws: Callable[[str], Any]) -> "S3Client":
    client: S3Client = aws("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return client


def files(count: int, text: str = "a") -> dict[str, bytes]:
    return {f"settings/{number:012}.json": text.encode() for number in range(count)}


def always() -> bool:
    return True


def lying_there(s3: "S3Client") -> dict[str, bytes]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
    return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def test_what_differs_is_written_and_what_is_left_over_goes(s3: "S3Client") -> None:
    s3.put_object(Bucket=BUCKET, Key="functions/x.zip", Body=b"x")
    assert write_settings(s3, BUCKET, files(3), always) == Written(put=3, deleted=0, left=0)
    assert write_settings(s3, BUCKET, {**files(2), "settings/000000000001.json": b"b"}, always) == Written(1, 1, 0)
    assert lying_there(s3) == {
        "functions/x.zip": b"x",
        "settings/000000000000.json": b"a",
        "settings/000000000001.json": b"b",
    }


def test_a_call_reads_or_deletes_a_thousand_files(s3: "S3Client") -> None:
    write_settings(s3, BUCKET, files(1_001), always)
    calls = Calls(s3)
    assert write_settings(s3, BUCKET, files(1_001), always) == Written(0, 0, 0)
    assert [name for name, _ in calls.made] == ["ListObjectsV2", "ListObjectsV2"]
    assert write_settings(s3, BUCKET, {}, always).deleted == 1_001
    assert calls.count("DeleteObjects") == 2
    assert lying_there(s3) == {}


def test_what_there_was_no_time_for_is_written_the_next_time(s3: "S3Client") -> None:
    times = iter([True, True, False])
    assert write_settings(s3, BUCKET, files(5), lambda: next(times)) == Written(put=2, deleted=0, left=3)
    assert write_settings(s3, BUCKET, files(5), always) == Written(put=3, deleted=0, left=0)
    assert lying_there(s3) == files(5)


def test_a_file_that_s3_does_not_delete_is_an_error() -> None:
    class Refusing:
        def get_paginator(self, _: str) -> Any:
            return self

        def paginate(self, **_: Any) -> Any:
            return [{"Contents": [{"Key": "settings/1.json", "ETag": '"e"'}]}]

        def delete_objects(self, **_: Any) -> Any:
            return {"Errors": [{"Key": "settings/1.json", "Message": "Access Denied"}]}

    with pytest.raises(SettingsLeftError, match=r"settings/1\.json: Access Denied"):
        write_settings(Refusing(), BUCKET, {}, always)  # type: ignore[arg-type] # two calls of a client
