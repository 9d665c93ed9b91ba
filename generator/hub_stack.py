"""The hub's template: decides, stores, tells people."""

from collections.abc import Mapping
from math import ceil
from typing import Any

from troposphere import GetAtt, Output, Ref, Sub, Template

from generator.config import Config, Trail
from generator.native_rules import products_of_feeds
from generator.parts.acting import ACTION_KEYS
from generator.parts.alarms import (
    alarms,
    api_alarms,
    archive_alarm,
    operational_alarms,
    retention_alarms,
    rollup_alarm,
    spoke_alarms,
    sync_alarms,
)
from generator.parts.archiving import ARCHIVE, archive, archiver, late_archiver
from generator.parts.backups import table_backups
from generator.parts.central_bus import central_bus
from generator.parts.configuration_view import configuration_view
from generator.parts.dashboard_roles import dashboard_roles
from generator.parts.data_key import data_key
from generator.parts.detecting import detector
from generator.parts.function import Site
from generator.parts.ingesting import ingester, sync
from generator.parts.looking_up import lookups
from generator.parts.network import network
from generator.parts.overview import overview
from generator.parts.parameters import parameters
from generator.parts.questions import questions
from generator.parts.recounting import recount
from generator.parts.reporting import agent_coverage, inventory, reports
from generator.parts.retention import retention_jobs
from generator.parts.serving import STAGE, api
from generator.parts.spending import spend_guard
from generator.parts.streaming import own_product, publisher, rollups, transitions
from generator.parts.suppressing import suppressions, workflow
from generator.parts.tables import findings_table, state_table
from generator.parts.telling import channel_check, digest, notifier, queue_addresses, sender
from generator.parts.topics import ALERTS, CRITICAL_ALERTS, alert_topics
from generator.parts.trail import ORGANIZATION_LOGS, data_trail, organization_trail_logs
from generator.settings.feeds import SecurityHubFormat


def hub_stack(config: Config, artefacts: Mapping[str, str]) -> Template:
    """Return the template of the hub's stack, for the hub account's home Region; `artefacts`: function → S3 key."""
    template = Template(Description="Muster's hub: decides, stores, tells people")
    site = Site(config, artefacts, hub_values(config))
    template.add_resource(
        [
            *central_bus(config),
            *data_key(config),
            findings_table(config),
            state_table(config),
            *alert_topics(config),
            *detector(site),
            *([*ingester(site), *sync(site)] if config.feeds.reads_security_hub else []),
            *lookups(site),
            *reports(site),
            *inventory(site),
            *agent_coverage(site),
            *rollups(site),
            *recount(site),
            *transitions(site),
            *workflow(site),
            *suppressions(site),
            *notifier(site),
            *sender(site),
            *digest(site),
            *channel_check(site),
            *(publisher(site) if config.findings.publish_to_security_hub else []),
            *([*archive(config), *archiver(site), *late_archiver(site)] if config.archive.enabled else []),
            *(api(site) if config.api.enabled else []),
            *dashboard_roles(config),
            *(configuration_view(config) if config.enable.config else []),
            *(network(config) if config.network.enabled else []),
            *(table_backups(config) if config.table_backup.enabled else []),
            *(data_trail(config) if config.findings.data_events else []),
            *(organization_trail_logs(config) if config.spoke.trail is Trail.ORGANIZATION else []),
        ]
    )
    template.add_resource(
        [
            *alarms(list(template.resources.values())),
            *spoke_alarms(),
            rollup_alarm(),
            *(sync_alarms() if config.feeds.reads_security_hub else []),
        ]
    )
    template.add_resource(retention_alarms(config) if config.backup.enabled else [])
    template.add_resource([archive_alarm()] if config.archive.enabled else [])
    template.add_resource(api_alarms(config.names.function("api")) if config.api.enabled else [])
    template.add_resource([*operational_alarms(), *spend_guard(config)])
    template.add_resource(overview(config, list(template.resources.values())))
    template.add_resource([*questions(config, set(template.resources)), *parameters(config)])
    template.add_output(_outputs(config))
    return template


def hub_values(config: Config) -> dict[str, Any]:
    """Return what the hub's functions may find in their environment, by the settings' field names."""
    return {
        "prefix": config.aws.prefix,
        "hub_account": config.aws.hub_account,
        "other_feeds": ",".join(products_of_feeds(config)),
        "findings_table": Ref("FindingsTable"),
        "state_table": Ref("StateTable"),
        "lookups_queue_url": Ref("LookupsQueue"),
        "notifier_queue_url": Ref("NotifierQueue"),
        "sync_queue_url": Ref("SyncQueue"),
        "is_ocsf": config.feeds.security_hub_format is SecurityHubFormat.OCSF,
        "archive_bucket": Ref(ARCHIVE) if config.archive.enabled else "",
        "late_archiver_queue_url": Ref("LateArchiverQueue") if config.archive.enabled else "",
        "workflow_queue_url": Ref("WorkflowQueue"),
        "reads_security_hub": config.feeds.reads_security_hub,
        "publisher_queue_url": Ref("PublisherQueue") if config.findings.publish_to_security_hub else "",
        "product_arn": own_product(),
        "owner_tag": config.organization.owner_tag,
        "agent_missing_days": config.agent.missing_days,
        "installs_agents": str(config.agent.enabled).lower(),
        "retention_jobs": ",".join(retention_jobs(config)),
        "retention_interval_seconds": ceil(config.backup.interval.total_seconds()),
        "channel_queue_urls": queue_addresses(config),
        "topic_arns": Sub(f"${{{ALERTS}}},${{{CRITICAL_ALERTS}}}"),
        "action_url": _action_url() if config.web.action_links else "",
        "action_secret": GetAtt(ACTION_KEYS, "Id") if config.web.action_links else "",
        "action_days": config.web.action_link_days,
        "dashboard_url": config.web.dashboard_url,
    }


def _outputs(config: Config) -> list[Output]:
    values = {
        "BusArn": GetAtt("Bus", "Arn"),
        "FindingsTableName": Ref("FindingsTable"),
        "StateTableName": Ref("StateTable"),
        "AlertsTopicArn": Ref(ALERTS),
        "CriticalAlertsTopicArn": Ref(CRITICAL_ALERTS),
        **({"ApiUrl": _api_url()} if config.api.enabled else {}),
        **({"ArchiveBucketName": Ref(ARCHIVE)} if config.archive.enabled else {}),
        **({ORGANIZATION_LOGS: Ref(ORGANIZATION_LOGS)} if config.spoke.trail is Trail.ORGANIZATION else {}),
    }
    return [Output(name, Value=value) for name, value in values.items()]


def _action_url() -> Sub:
    return Sub("https://${ApiGateway}.execute-api.${AWS::Region}.${AWS::URLSuffix}/" + f"{STAGE}/actions")


def _api_url() -> Sub:
    return Sub("https://${ApiGateway}.execute-api.${AWS::Region}.${AWS::URLSuffix}/" + STAGE)
