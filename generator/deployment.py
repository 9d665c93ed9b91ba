"""What decides about events where Muster is deployed, for whoever wants to know without AWS."""

import msgspec

from contract.names import CREATED_BY, USUAL_NAMES, Names
from generator.config import Config
from generator.functions import DETECTOR
from generator.generate import tuning
from generator.pattern import Rule
from generator.watching import configured_rules, usual_rules
from hub.detections.catalogue import DETECTIONS
from hub.detections.engine import Engine
from hub.detections.settings import DetectionSettings


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """The detections, the alert rules and the creator's tag key; an empty key: nothing is tagged."""

    engine: Engine
    rules: list[Rule]
    names: Names = USUAL_NAMES
    created_by_key: str = CREATED_BY


def usual_deployment() -> Deployment:
    """Return Muster as it is without settings of anybody's own."""
    return Deployment(engine=Engine(DETECTIONS), rules=usual_rules())


def configured_deployment(config: Config) -> Deployment:
    """Return Muster as `muster deploy` brings it with these settings: the detector reads the very same file."""
    (settings,) = tuning(config, DETECTOR).values()
    return Deployment(
        engine=Engine(DETECTIONS, msgspec.json.decode(settings, type=DetectionSettings), config.names),
        rules=configured_rules(config),
        names=config.names,
        created_by_key=config.creator.created_by_key if config.creator.enabled else "",
    )
