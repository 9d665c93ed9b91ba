"""The environment of each function of a spoke; the generator sets exactly these names."""

from contract.names import CREATED_BY
from contract.settings import Settings


class CreatorTaggerSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-spoke-creator-tagger`. Reports that the hub's bus refuses wait in the dead-letter queue.

    `fixed_tags` is a JSON object.
    """

    hub_bus_arn: str
    prefix: str
    dead_letter_queue_url: str
    created_by_key: str = CREATED_BY
    created_at_key: str = ""
    created_via_key: str = ""
    created_by_role_key: str = ""
    hash_emails: bool = False
    fixed_tags: str = "{}"


class HeartbeatSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-spoke-heartbeat`. `parts`, separated by commas, each have a role and a dead-letter queue.

    `artefact_bucket`, in the function's Region, holds the account's settings. To `config_bucket` AWS Config's recorder
    delivers; empty: none is made. `agent_scan_machine` is the ARN of the state machine that looks at all instances;
    empty: the agent installer is off.
    """

    hub_bus_arn: str
    prefix: str
    config_hash: str
    interval_seconds: int
    artefact_bucket: str
    config_bucket: str = ""
    parts: str = "alerts,creator-tagger,heartbeat"
    agent_scan_machine: str = ""


class AgentSettings(Settings, frozen=True, kw_only=True):
    """Of every function of the agent installer. Reports that the hub's bus refuses wait in `agent_queue_url`."""

    hub_bus_arn: str
    agent_name: str
    agent_queue_url: str


class AgentScopeSettings(AgentSettings, frozen=True, kw_only=True):
    """Of `muster-spoke-agent-scan` and `-capture`; `artefact_bucket` holds what is different in the account."""

    prefix: str
    artefact_bucket: str


class AgentCheckSettings(AgentSettings, frozen=True, kw_only=True):
    """Of `muster-spoke-agent-check`: for how many seconds a started instance may take to register."""

    registration_seconds: int


class AgentInstallSettings(AgentSettings, frozen=True, kw_only=True):
    """Of `muster-spoke-agent-install`."""

    prefix: str


class AgentResultSettings(AgentSettings, frozen=True, kw_only=True):
    """Of `muster-spoke-agent-result`. The machines are ARNs: what did not reach them is given to them again."""

    prefix: str
    agent_scan_machine: str
    agent_start_machine: str


class BackupTaggerSettings(Settings, frozen=True, kw_only=True):
    """Of `muster-spoke-backup-tagger`. `retention` holds where neither a tag nor the account's settings say otherwise.

    `backup_tags` is a JSON object of tags that each gets beside its date, `gib_price` what a GiB of a snapshot costs in
    dollars a month. Reports that the hub's bus refuses wait in the dead-letter queue.
    """

    hub_bus_arn: str
    backup_dead_letter_queue_url: str
    artefact_bucket: str
    retention: str
    backup_interval_seconds: int
    backup_tags: str = "{}"
    gib_price: float = 0.05


class ExpirySettings(Settings, frozen=True, kw_only=True):
    """Of `muster-spoke-expiry`. `expiry_mode` is `report` or `delete`; what is past its date is marked first.

    `expiry_wait_days` after that it goes, at most `expiry_per_run` in a run; an image that was launched within
    `expiry_launched_days` stays.
    """

    hub_bus_arn: str
    expiry_dead_letter_queue_url: str
    backup_interval_seconds: int
    expiry_mode: str
    expiry_wait_days: int
    expiry_launched_days: int
    expiry_per_run: int
    gib_price: float = 0.05
