"""The spokes' template: the same for every member account and Region."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from troposphere import AWSObject, Ref, Template

from contract.spoke_events import INTERVAL_SECONDS
from generator.agents.scripts import Scripts
from generator.config import Config, Trail
from generator.functions import HEARTBEAT
from generator.parts.agent_functions import QUEUE as AGENT_QUEUE
from generator.parts.agent_functions import agent_functions, machine_arns
from generator.parts.agent_machines import agent_machines, agent_rules, agents_role
from generator.parts.agent_scripts import agent_documents, agent_parameters, scripts_policy
from generator.parts.alarms import alarms, spoke_retention_alarms
from generator.parts.forwarding import alert_forwarding, hub_bus
from generator.parts.function import Site, artefact_bucket
from generator.parts.heartbeat import heartbeat, introduction
from generator.parts.looking_up import read_role
from generator.parts.retention import backup_tagger, expiry, retention_values
from generator.parts.tagging import creator_tagger
from generator.parts.trail import IN_GLOBAL_REGION, account_trail, is_global_region, own_trail
from generator.watching import configured_rules


def spoke_stack(config: Config, artefacts: Mapping[str, str], scripts: Scripts = ()) -> Template:
    """Return the template of a spoke's stack; `artefacts`: function → S3 key, `scripts`: the agent's.

    Its `ConfigHash` is the digest of the template without its code, so that heartbeats tell which one is deployed.
    """
    unhashed = _rendered(config, {name: name for name in artefacts}, "", scripts)
    digest = hashlib.sha256(unhashed.to_json(indent=None).encode()).hexdigest()
    return _rendered(config, artefacts, digest[:16], scripts)


def spoke_values(config: Config, config_hash: str) -> dict[str, Any]:
    """Return what the spokes' functions may find in their environment, by the settings' field names."""
    return {
        "prefix": config.aws.prefix,
        "hub_bus_arn": hub_bus(config),
        "config_hash": config_hash,
        "interval_seconds": INTERVAL_SECONDS,
        **_tag_values(config),
        **retention_values(config),
        "dead_letter_queue_url": Ref("CreatorTaggerDeadLetters"),
        "parts": ",".join(spoke_parts(config)),
        "artefact_bucket": artefact_bucket(config),
        "config_bucket": config.enable.config_bucket if config.enable.config else "",
        **(_agent_values(config) if config.agent.enabled else {"agent_scan_machine": ""}),
    }


def _agent_values(config: Config) -> dict[str, Any]:
    scan, start = machine_arns(config)
    return {
        "agent_name": config.agent.name,
        "agent_queue_url": Ref(AGENT_QUEUE),
        "registration_seconds": config.agent.registration_minutes * 60,
        "agent_scan_machine": scan,
        "agent_start_machine": start,
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
    return [
        "alerts",
        *(["creator-tagger"] if config.creator.enabled else []),
        *(["backup-tagger"] if config.backup.enabled else []),
        *(["expiry"] if config.backup.is_expiring else []),
        "heartbeat",
        *(["agent-result"] if config.agent.enabled else []),
    ]


def _rendered(config: Config, artefacts: Mapping[str, str], config_hash: str, scripts: Scripts) -> Template:
    template = Template(
        Description="Muster's spoke: forwards alerts to the hub, tags new resources, images and snapshots"
    )
    site = Site(config, artefacts, spoke_values(config, config_hash))
    has_trail = config.spoke.trail is Trail.ACCOUNTS
    template.add_condition(IN_GLOBAL_REGION, is_global_region(config))
    template.add_resource(
        [
            *alert_forwarding(config, configured_rules(config)),
            *(creator_tagger(site) if config.creator.enabled else []),
            *(backup_tagger(site) if config.backup.enabled else []),
            *(expiry(site) if config.backup.is_expiring else []),
            *heartbeat(site),
            *(_agent_installer(site, scripts) if config.agent.enabled else []),
            read_role(config),
            *(account_trail(config) if has_trail else []),
        ]
    )
    if config.spoke.alarms:
        template.add_resource(alarms(list(template.resources.values()), are_told=False))
        template.add_resource(spoke_retention_alarms(config) if config.backup.enabled else [])
    template.add_resource(introduction(config_hash, _always(template), own_trail() if has_trail else None))
    return template


def _agent_installer(site: Site, scripts: Scripts) -> list[AWSObject]:
    config = site.config
    return [
        *agent_functions(site),
        *agent_machines(config),
        *agent_rules(config),
        agents_role(config),
        *agent_documents(config),
        *agent_parameters(config, scripts),
        scripts_policy(config),
    ]


def _always(template: Template) -> list[str]:
    """Return what the introduction waits for: what every spoke has, but for the function that it names anyway."""
    titles = template.resources.items()
    return [title for title, one in titles if title != HEARTBEAT.title and not hasattr(one, "Condition")]
