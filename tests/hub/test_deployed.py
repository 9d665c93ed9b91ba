"""What is deployed is stored when it is news."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hub.deployed import Written, keep, load_deployed
from hub.store.deployed import DeadLetters, Deployed, DeployedStore, Section, Setting

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WRITTEN = Written(
    Deployed(version="0.1.0", dead_letters=(DeadLetters("muster-detector-dlq", "work", "muster-detector"),)),
    (Section("aws", (Setting("prefix", "muster", is_usual=True),)), Section("web", ())),
)


def loaded(folder: Path, written: Written = WRITTEN, bucket: str = "archive-bucket") -> Written:
    path = folder / "deployed.json"
    path.write_bytes(msgspec.json.encode(written))
    return load_deployed(path, bucket)


def test_what_is_deployed_comes_back(dynamodb: "DynamoDBClient", tmp_path: Path) -> None:
    store = DeployedStore(dynamodb, "state")
    assert store.read() is None
    assert keep(loaded(tmp_path), store, "2026-11-20T12:00:00.000000Z")
    known = store.read()
    assert known
    assert (known.archive_bucket, known.at) == ("archive-bucket", "2026-11-20T12:00:00.000000Z")
    assert known.dead_letters == WRITTEN.deployed.dead_letters
    assert store.sections() == list(WRITTEN.sections)


def test_the_same_again_is_not_written(dynamodb: "DynamoDBClient", tmp_path: Path) -> None:
    store = DeployedStore(dynamodb, "state")
    keep(loaded(tmp_path), store, "2026-11-20T12:00:00.000000Z")
    assert not keep(loaded(tmp_path), store, "2026-11-20T13:00:00.000000Z")
    assert keep(loaded(tmp_path, bucket="another"), store, "2026-11-20T14:00:00.000000Z")
    known = store.read()
    assert known
    assert known.at == "2026-11-20T14:00:00.000000Z"


def test_a_section_that_is_gone_is_forgotten(dynamodb: "DynamoDBClient", tmp_path: Path) -> None:
    store = DeployedStore(dynamodb, "state")
    keep(loaded(tmp_path), store, "2026-11-20T12:00:00.000000Z")
    fewer = msgspec.structs.replace(WRITTEN, sections=WRITTEN.sections[1:])
    keep(loaded(tmp_path, fewer), store, "2026-11-20T13:00:00.000000Z")
    assert [one.name for one in store.sections()] == ["web"]
