"""An emulated hub with the dead-letter queues of the sample settings."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from generator.config import Config
from generator.recovery import letters
from generator.recovery.letters import Letter, LetterBox
from generator.recovery.place import Place

HUB, MEMBER = "111122223333", "444455556666"


@pytest.fixture
def hub(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setattr(letters, "_WAIT_SECONDS", 0)
    with mock_aws():
        yield Place(HUB, config.aws.home_region, boto3.Session(region_name=config.aws.home_region))


@pytest.fixture
def sqs(hub: Place) -> Any:
    return hub.client("sqs")


@pytest.fixture
def url(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName="failed")["QueueUrl"])


@pytest.fixture
def box(sqs: Any, url: str) -> Callable[..., LetterBox]:
    """Open the queue; what arrives after `until` is left."""

    def opened(until: datetime | None = None) -> LetterBox:
        return LetterBox(sqs, url, until or datetime.now(UTC) + timedelta(minutes=1))

    return opened


@pytest.fixture
def letter() -> Callable[[str], Letter]:
    """Make a message with a body."""

    def made(body: str) -> Letter:
        sent_at = datetime(2026, 11, 20, 9, 0, 5, tzinfo=UTC)
        return Letter(id="1f0e3dad-0000-4000-8000-000000000000", body=body, sent_at=sent_at)

    return made
