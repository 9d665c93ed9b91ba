"""The environment of each function of the hub; the generator sets exactly these names."""

from contract.settings import Settings


class DetectorSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-detector`."""

    findings_table: str
    state_table: str
    prefix: str
    lookups_queue_url: str


class SyncSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-sync`; as the ingester's. `is_ocsf`: the new Security Hub is read."""

    findings_table: str
    state_table: str
    hub_account: str
    sync_queue_url: str
    other_feeds: str = ""
    is_ocsf: bool = False


class LookupsSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-lookups`."""

    findings_table: str
    state_table: str
    prefix: str


class ReportsSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-reports`."""

    state_table: str


class InventorySettings(Settings, frozen=True, kw_only=True):
    """Of `muster-inventory`. The value of an account's tag `owner_tag` says who owns it.

    `retention_jobs`, commas between, run in every spoke at least every `retention_interval_seconds`.
    `archive_bucket` is empty where there is no archive.
    """

    archive_bucket: str = ""
    findings_table: str
    prefix: str
    state_table: str
    owner_tag: str = "Owner"
    retention_jobs: str = ""
    retention_interval_seconds: int = 0


class AgentCoverageSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-agent-coverage`. An instance lacks the agent for so many days before it is a finding."""

    findings_table: str
    state_table: str
    agent_missing_days: int = 1
    installs_agents: bool = False


class RollupsSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-rollups`."""

    state_table: str


class RecountSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-recount`."""

    findings_table: str
    state_table: str


class TransitionsSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-transitions`. Without a queue's address nothing is published, or archived late."""

    notifier_queue_url: str
    workflow_queue_url: str
    publisher_queue_url: str = ""
    late_archiver_queue_url: str = ""
    state_table: str


class WorkflowSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-workflow`. `reads_security_hub`: what is decided about its findings is written there."""

    findings_table: str
    state_table: str
    reads_security_hub: bool = False


class SuppressionsSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-suppressions`."""

    findings_table: str
    state_table: str


class NotifierSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-notifier`. `channel_queue_urls`: `<channel>=<address of its queue>`, commas between."""

    findings_table: str
    state_table: str
    channel_queue_urls: str


class SenderSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-sender`. `action_url` and `action_secret` are empty where messages hold no links that act."""

    findings_table: str
    state_table: str
    channel_queue_urls: str
    dashboard_url: str = ""
    action_url: str = ""
    action_secret: str = ""
    action_days: int = 7


class DigestSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-digest`."""

    findings_table: str
    state_table: str
    channel_queue_urls: str


class ChannelCheckSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-channel-check`. `topic_arns` are the hub's topics, commas between."""

    state_table: str
    topic_arns: str


class ApiSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-api`."""

    findings_table: str
    state_table: str


class ActionsSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-actions`. A link holds for `action_days`; `action_secret` has the keys that sign it."""

    findings_table: str
    state_table: str
    action_secret: str
    action_days: int
    dashboard_url: str = ""


class ArchiverSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-archiver`."""

    archive_bucket: str
    findings_table: str
    state_table: str


class LateArchiverSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-late-archiver`."""

    archive_bucket: str


class PublisherSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-publisher`. `product_arn` is the default product of the hub account in Security Hub."""

    product_arn: str
    dashboard_url: str = ""


class IngesterSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-ingester`. Of the products of `other_feeds` (commas between) the spokes forward the findings."""

    findings_table: str
    hub_account: str
    other_feeds: str = ""
