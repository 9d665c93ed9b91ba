"""What decides about events where Muster is deployed, for whoever wants to know without AWS."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from contract.catalogue import ATTEMPTED
from contract.finding import Mode
from contract.names import USUAL_NAMES, Names
from generator.accounts_file import read_accounts
from generator.config import Config, load
from generator.functions import DETECTOR
from generator.generate import tuning
from generator.ingest_rule import ingest_rules
from generator.pattern import Rule
from generator.problems import BadInputError
from generator.routing import EVERYTHING, channels_of, routing_of
from generator.settings.ids import why_unknown
from generator.watching import configured_rules, usual_rules
from hub.channels.settings import ChannelSettings, Email
from hub.detections.catalogue import DETECTIONS
from hub.detections.detection import Detection
from hub.detections.engine import Engine
from hub.detections.native.catalogue import FEEDS
from hub.detections.native.feed import Feed
from hub.detections.settings import DEFAULTS, DetectionSettings
from hub.notifier.routing import Route, Routing
from hub.organization import places_of
from hub.store.accounts import Account
from spoke.creator_tagger.tags import USUAL_TAGS, TagSettings

# Without settings of anybody's own: one channel that hears of everything from MEDIUM on.
_USUAL_ROUTING = Routing(routes=(Route(name=EVERYTHING, channels=("email",)),))
_USUAL_CHANNELS = {"email": Email(name="email", sender="muster@example.com", recipients=())}


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """The detections, the alert rules and the tags of what is created; None: nothing is tagged.

    `rules` are the spokes', `ingesting` the hub's for what Security Hub says.
    `catalogue` is what the engine was made of, also what `settings` switch off. `routing` and `channels` say who hears
    of findings, `accounts` what is known of the organization's.
    """

    engine: Engine
    rules: list[Rule]
    ingesting: list[Rule]
    catalogue: tuple[Detection, ...] = tuple(DETECTIONS)
    settings: DetectionSettings = DEFAULTS
    names: Names = USUAL_NAMES
    tags: TagSettings | None = USUAL_TAGS
    routing: Routing = _USUAL_ROUTING
    channels: Mapping[str, ChannelSettings] = msgspec.field(default_factory=lambda: dict(_USUAL_CHANNELS))
    accounts: Mapping[str, Account] = {}


def usual_deployment() -> Deployment:
    """Return Muster as it is without settings of anybody's own."""
    return Deployment(engine=Engine(DETECTIONS), rules=usual_rules(), ingesting=ingest_rules())


def configured_deployment(config: Config) -> Deployment:
    """Return Muster as `muster deploy` brings it with these settings: the detector reads the very same file."""
    (written,) = tuning(config, DETECTOR).values()
    settings = msgspec.json.decode(written, type=DetectionSettings)
    return Deployment(
        engine=Engine(DETECTIONS, settings, config.names),
        rules=configured_rules(config),
        ingesting=ingest_rules(config),
        settings=settings,
        names=config.names,
        tags=config.creator.tag_settings() if config.creator.enabled else None,
        routing=routing_of(config),
        channels=channels_of(config),
    )


def chosen_deployment(config: Path | None, org: Path | None = None, detection: str | None = None) -> Deployment:
    """Return Muster by a settings file, with an organization's accounts, of one detection only; or as usual."""
    deployment = configured_deployment(load(config)) if config else usual_deployment()
    if detection:
        deployment = _only(deployment, detection)
    return _knowing(deployment, read_accounts(org)) if org else deployment


def _knowing(deployment: Deployment, accounts: Iterable[Account]) -> Deployment:
    """Return the deployment with the organization's accounts; every other one is a stranger."""
    known = list(accounts)
    places = places_of(known)
    deployment.engine.know_places(places)
    settings = msgspec.structs.replace(deployment.settings, organization_accounts=frozenset(places))
    return msgspec.structs.replace(deployment, settings=settings, accounts={one.id: one for one in known})


def named(identifier: str) -> Detection | Feed:
    """Return the detection or feed of an id, or of its refused attempts; `BadInputError` says which was meant."""
    known: dict[str, Detection | Feed] = {**{one.id: one for one in DETECTIONS}, **{one.id: one for one in FEEDS}}
    wanted = identifier.removesuffix(ATTEMPTED)
    if "*" in wanted:
        raise BadInputError(f"--detection: {identifier} is no detection's id; give one id, in full")
    if wanted not in known:
        raise BadInputError(f"--detection: {identifier} {why_unknown(wanted)}")
    return known[wanted]


def _only(deployment: Deployment, identifier: str) -> Deployment:
    wanted = named(identifier).id
    chosen = tuple(one for one in deployment.catalogue if one.id == wanted)
    others = {one.id: Mode.OFF for one in FEEDS if one.id != wanted}
    settings = msgspec.structs.replace(deployment.settings, modes={**deployment.settings.modes, **others})
    engine = Engine(chosen, settings, deployment.names)
    return msgspec.structs.replace(deployment, engine=engine, catalogue=chosen)
