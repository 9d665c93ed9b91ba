"""The spokes' template: the same for every member account and Region."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from troposphere import Ref, Template

from contract.spoke_events import INTERVAL_SECONDS
from generator.config import Config, Trail
from generator.functions import HEARTBEAT
from generator.parts.alarms import alarms
from generator.parts.forwarding import alert_forwarding, hub_bus
from generator.parts.function import Site, artefact_bucket
from generator.parts.heartbeat import heartbeat, introduction
from generator.parts.looking_up import read_role
from generator.parts.tagging import creator_tagger
from generator.parts.trail import IN_GLOBAL_REGION, account_trail, is_global_region, own_trail
from generator.watching import configured_rules


def spoke_stack(config: Config, artefacts: Mapping[str, str]) -> Template:
    """Return the template of a spoke's stack; `artefacts`: function → S3 key.

    Its `ConfigHash` is the digest of the template without its code, so that heartbeats tell which one is deployed.
    """
    unhashed = _rendered(config, {name: name for name in artefacts}, "")
    digest = hashlib.sha256(unhashed.to_json(indent=None).encode()).hexdigest()
    return _rendered(config, artefacts, digest[:16])


def spoke_values(config: Config, config_hash: str) -> dict[str, Any]:
    """Return what the spokes' functions may find in their environment, by the settings' field names."""
    return {
        "prefix": config.aws.prefix,
        "hub_bus_arn": hub_bus(config),
        "config_hash": config_hash,
        "interval_seconds": INTERVAL_SECONDS,
        **_tag_values(config),
        "dead_letter_queue_url": Ref("CreatorTaggerDeadLetters"),
        "parts": ",".join(spoke_parts(config)),
        "artefact_bucket": artefact_bucket(config),
        "config_bucket": config.enable.config_bucket if config.enable.config else "",
    }


def _tag_values(config: Config) -> dict[str, str]:
    tags = config.creator.tag_settings()
    return {
        "created_by_key": tags.created_by_key,
        "created_at_key": tags.created_at_key,
        "created_via_key": tags.created_via_key,
        "created_by_role_key": tags.created_by_role_key,
        "hash_emails": str(tags.hash_emails).lower(),
        "fixed_tags": msgspec.json.encode(tags.fixed, order="sorted").decode(),
    }


def spoke_parts(config: Config) -> list[str]:
    """Return the names of the parts that have a role and a dead-letter queue."""
    return ["alerts", *(["creator-tagger"] if config.creator.enabled else []), "heartbeat"]


def _rendered(config: Config, artefacts: Mapping[str, str], config_hash: str) -> Template:
    template = Template(Description="Muster's spoke: forwards alerts to the hub, tags new resources with their creator")
    site = Site(config, artefacts, spoke_values(config, config_hash))
    has_trail = config.spoke.trail is Trail.ACCOUNTS
    template.add_condition(IN_GLOBAL_REGION, is_global_region(config))
    template.add_resource(
        [
            *alert_forwarding(config, configured_rules(config)),
            *(creator_tagger(site) if config.creator.enabled else []),
            *heartbeat(site),
            read_role(config),
            *(account_trail(config) if has_trail else []),
        ]
    )
    if config.spoke.alarms:
        template.add_resource(alarms(list(template.resources.values()), are_told=False))
    template.add_resource(introduction(config_hash, _always(template), own_trail() if has_trail else None))
    return template


def _always(template: Template) -> list[str]:
    """Return what the introduction waits for: what every spoke has, but for the function that it names anyway."""
    titles = template.resources.items()
    return [title for title, one in titles if title != HEARTBEAT.title and not hasattr(one, "Condition")]
