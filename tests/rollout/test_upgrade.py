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
from generator.rollout.session import hub_session
from generator.third_party import ROOT
from hub.store.findings import FindingQuery, FindingStore
from hub.store.spokes import SpokeStore
from hub.store.tagging import TaggingStore

pytestmark = pytest.mark.slow
OLDER = "0.0.9"
SETTLE_SECONDS = 120
NAMES = Names()
CREATE_USER = json.loads((EVENTS / "17-create-user.json").read_bytes())


class Release:
    """A version of Muster, generated and ready to be rolled out."""

    def __init__(self, config: Config, out: Path) -> None:
        out.mkdir()
        (out / "cache").symlink_to(ROOT / "build" / "cache", target_is_directory=True)
        self.config = config
        self.folder = out / Target.HOST
        self.manifest: Manifest = generate(config, Target.HOST, out)

    def rollout(self, session: boto3.Session) -> Iterator[str]:
        """Yield what was done, step by step; a failure ends it."""
        for step in deploy(self.config, self.manifest, self.folder, session, poll_seconds=0.1):
            assert not step.is_failure, step
            yield step.what


class Scene:
    """A local organization in which events happen all the time."""

    def __init__(self, organization: LocalOrganization) -> None:
        self.organization = organization
        self.config = load(organization.config)
        self.session = hub_session(self.config, organization.config.parent)
        self.happened: set[str] = set()

    def happen(self, account: str) -> None:
        """Let a user be created in an account."""
        identifier = str(uuid.uuid4())
        detail = {**CREATE_USER["detail"], "eventID": identifier, "recipientAccountId": account}
        event = {**CREATE_USER, "id": identifier, "account": account, "detail": detail}
        self.organization.post("/_localorg/events", {"account": account, "region": event["region"], "event": event})
        self.happened.add(identifier)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Let users be created in every account for as long as the block runs."""
        over = threading.Event()

        def work() -> None:
            for account in itertools.cycle(one.id for one in self.organization.members):
                self.happen(account)
                if over.wait(0.2):
                    return

        worker = threading.Thread(target=work)
        before = len(self.happened)
        worker.start()
        yield
        over.set()
        worker.join()
        assert len(self.happened) > before

    def beat(self) -> None:
        """Let every spoke of the members send a heartbeat, as its schedule would."""
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
            page = store.page(FindingQuery(detections=("iam.user_created",)), cursor, limit=200)
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
    list(older.rollout(scene.session))
    places = {*scene.versions()}
    accounts = [scene.organization.hub, *(one.id for one in scene.organization.members)]
    assert places == {(account, region) for account in accounts for region in scene.config.regions}
    assert {*scene.versions().values()} == {OLDER}

    # As if the rollout was killed after the hub: for hours, or until the canaries were found well.
    with scene.busy():
        for done in current.rollout(scene.session):
            if done == f"stack {NAMES.hub_stack}":
                break
    assert scene.hub_is(current)
    assert {*scene.versions().values()} == {OLDER}
    assert_older_spokes_are_heard(scene)

    with scene.busy():
        list(current.rollout(scene.session))
    assert scene.lost() == set()
    assert {*scene.versions().values()} == {VERSION}
    assert {*scene.versions()} == places

    with scene.busy():
        rollout = older.rollout(scene.session)
        next(done for done in rollout if done == f"stack {NAMES.hub_stack}")
        assert scene.hub_is(older)
        assert {*scene.versions().values()} == {VERSION}
        scene.beat()
        list(rollout)
    assert scene.lost() == set()
    assert {*scene.versions().values()} == {OLDER}


def assert_older_spokes_are_heard(scene: Scene) -> None:
    """Assert that heartbeats, tagging results and alerts of the spokes still come to the hub."""
    before = scene.heartbeats()
    time.sleep(1)  # A heartbeat's time is EventBridge's, in whole seconds.
    scene.beat()
    items, _ = recorded([str(EVENTS / "08-create-topic.json")])
    (answer,) = replay(scene.organization, items)
    assert [one["error"] for one in answer["items"]] == [None]
    assert scene.lost() == set()
    after = scene.heartbeats()
    assert all(after[place].seen_at > before[place].seen_at for place in before)
    results = TaggingStore(scene.session.client("dynamodb"), NAMES.state_table)
    tagged = [one for account in scene.organization.members for one in results.of(account.id)]
    assert [(one.version, len(one.tagged)) for one in tagged] == [(OLDER, 1)]
