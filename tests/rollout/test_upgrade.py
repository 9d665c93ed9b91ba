"""An update and its way back on the local organization: hub and spokes of different versions lose nothing."""

import itertools
import json
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from contract import names
from contract.names import VERSION, Names
from generator import generate as generating
from generator.config import Config, Target, load
from generator.demo.recorded import EVENTS, recorded, replay
from generator.functions import Function
from generator.generate import Manifest, generate
from generator.local.organization import LocalOrganization, wait_until_settled
from generator.local.process import start, stop
from generator.parts import heartbeat
from generator.rollout.apply import deploy
from generator.rollout.session import Sessions, hub_session
from generator.rollout.step import Step
from hub.store.findings import FindingQuery, FindingStore
from hub.store.spokes import SpokeStore
from hub.store.tagging import TaggingStore
from tests.rollout.cache import share_cache

pytestmark = pytest.mark.slow
OLDER = "0.0.9"
SETTLE_SECONDS = 120
NAMES = Names()
HUB = f"stack {NAMES.hub_stack}"
STOP_LOGGING = json.loads((EVENTS / "23-stop-logging.json").read_bytes())


class Release:
    """A version of Muster, generated and ready to be rolled out."""

    def __init__(self, config: Config, out: Path) -> None:
        share_cache(out)
        self.config = config
        self.folder = out / Target.HOST
        self.manifest: Manifest = generate(config, Target.HOST, out)

    def rollout(self, session: boto3.Session, last: str) -> None:
        """Roll out up to and with a step, as if whoever did it was killed then; a failure ends it too."""
        for step in deploy(self.config, self.manifest, self.folder, Sessions(session), poll_seconds=0.1):
            if not isinstance(step, Step):
                continue
            assert not step.is_failure, step
            if step.what == last:
                return


class Scene:
    """A local organization in which events happen all the time."""

    def __init__(self, organization: LocalOrganization) -> None:
        self.organization = organization
        self.config = load(organization.config)
        self.session = hub_session(self.config, organization.config.parent)
        self.happened: set[str] = set()

    def happen(self, account: str) -> None:
        """Let a trail be stopped in an account."""
        identifier = str(uuid.uuid4())
        detail = {**STOP_LOGGING["detail"], "eventID": identifier, "recipientAccountId": account}
        event = {**STOP_LOGGING, "id": identifier, "account": account, "detail": detail}
        self.organization.post("/_localorg/events", {"account": account, "region": event["region"], "event": event})
        self.happened.add(identifier)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Let trails be stopped in one account after the other for as long as the block runs."""
        over, before = threading.Event(), len(self.happened)

        def work() -> None:
            for account in itertools.cycle(one.id for one in self.organization.members):
                self.happen(account)
                if over.wait(0.3):
                    return

        worker = threading.Thread(target=work)
        worker.start()
        try:
            yield
        finally:
            over.set()
            worker.join()
        assert len(self.happened) > before

    def update(self, release: Release, last: str = "") -> set[str]:
        """Roll out a release while events happen; return the versions that the spokes reported last."""
        with self.busy():
            release.rollout(self.session, last)
        assert self.lost() == set()
        assert self.hub_is(release)
        return {*self.versions().values()}

    def beat(self) -> None:
        """Let every spoke send a heartbeat, as its schedule would."""
        for account, region in self.versions():
            keys = {"aws_access_key_id": account, "aws_secret_access_key": "local"}
            client = boto3.client("lambda", region_name=region, endpoint_url=self.organization.endpoint, **keys)
            answer = client.invoke(FunctionName=NAMES.spoke_function("heartbeat"), Payload=b'{"source": "aws.events"}')
            assert "FunctionError" not in answer, answer["Payload"].read()

    def heartbeats(self) -> dict[tuple[str, str], Any]:
        """Return each spoke's last heartbeat, once nothing is on its way any more."""
        wait_until_settled(self.organization, SETTLE_SECONDS)
        found = SpokeStore(self.session.client("dynamodb"), NAMES.state_table).all()
        return {(one.heartbeat.account, one.heartbeat.region): one for one in found}

    def versions(self) -> dict[tuple[str, str], str]:
        """Return the version that each spoke reported last."""
        return {place: one.heartbeat.version for place, one in self.heartbeats().items()}

    def hub_is(self, release: Release) -> bool:
        keys = {one.key for one in release.manifest.functions.values() if one.regions == (self.config.aws.home_region,)}
        found = self.session.client("cloudformation").get_template(StackName=NAMES.hub_stack)["TemplateBody"]
        body = found if isinstance(found, str) else json.dumps(found)
        return any(key in body for key in keys)

    def lost(self) -> set[str]:
        """Wait until everything has arrived; return what gave no finding, and the dead letters."""
        dead = wait_until_settled(self.organization, SETTLE_SECONDS)
        return (self.happened - self.found()) | set(dead)

    def found(self) -> set[str]:
        """Return the ids of the events that gave a finding."""
        store, events, cursor = FindingStore(self.session.client("dynamodb"), NAMES.findings_table), set(), None
        while True:
            page = store.page(FindingQuery(detections=("cloudtrail.logging_stopped",)), cursor, limit=200)
            events |= {one.event_id for one in page.findings}
            if not (cursor := page.cursor):
                return events


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    organization = start(2, 0, tmp_path / "local", detached=False)
    try:
        yield Scene(organization)
    finally:
        stop(organization)


@pytest.fixture
def current(scene: Scene, tmp_path: Path) -> Release:
    return Release(scene.config, tmp_path / "current")


@pytest.fixture
def older(scene: Scene, tmp_path: Path) -> Release:
    """A release before this one: its functions say so, and its spokes kept their logs for another time."""
    tuning = generating.tuning
    source = Path(names.__file__).read_text(encoding="utf-8")
    aged = source.replace(f'VERSION = "{VERSION}"', f'VERSION = "{OLDER}"').encode()

    def tuned(config: Config, what: Function) -> Mapping[str, bytes]:
        return {**tuning(config, what), "contract/names.py": aged}

    with pytest.MonkeyPatch.context() as patch:
        for module in (generating, heartbeat):
            patch.setattr(module, "VERSION", OLDER)
        patch.setattr(generating, "tuning", tuned)
        spoke = scene.config.spoke.model_copy(update={"log_retention_days": 7})
        return Release(scene.config.model_copy(update={"spoke": spoke}), tmp_path / "older")


def test_an_update_and_its_way_back_lose_nothing(scene: Scene, older: Release, current: Release) -> None:
    older.rollout(scene.session, "")
    accounts = [scene.organization.hub, *(one.id for one in scene.organization.members)]
    places = {(account, region) for account in accounts for region in scene.config.regions}
    assert scene.versions() == dict.fromkeys(places, OLDER)

    # For hours, perhaps: until somebody has found the canaries well.
    assert scene.update(current, last=HUB) == {OLDER}
    assert_spokes_are_heard(scene, OLDER)
    assert scene.update(current) == {VERSION}

    assert scene.update(older, last=HUB) == {VERSION}
    assert_spokes_are_heard(scene, VERSION)
    assert scene.update(older) == {OLDER}
    assert {*scene.versions()} == places


def assert_spokes_are_heard(scene: Scene, version: str) -> None:
    """Assert that heartbeats and tagging results of spokes of a version come to the hub."""
    before = scene.heartbeats()
    time.sleep(1)  # A heartbeat's time is EventBridge's, in whole seconds.
    scene.beat()
    items, _ = recorded([str(EVENTS / "08-create-topic.json")])
    items[0]["event"]["detail"]["eventID"] = name = str(uuid.uuid4())
    items[0]["before"]["parameters"]["Name"] = name
    (answer,) = replay(scene.organization, items)
    assert [one["error"] for one in answer["items"]] == [None]
    after = scene.heartbeats()
    assert all(after[place].seen_at > before[place].seen_at for place in before)
    results = TaggingStore(scene.session.client("dynamodb"), NAMES.state_table)
    (tagged,) = [
        one for account in scene.organization.members for one in results.of(account.id) if one.event_id == name
    ]
    assert (tagged.version, len(tagged.tagged), tagged.failed) == (version, 1, ())
    assert scene.lost() == set()
