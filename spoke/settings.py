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
    delivers; empty: none is made. `agent_scan_machine` is the state machine that scans for instances without the agent.
    """

    hub_bus_arn: str
    prefix: str
    config_hash: str
    interval_seconds: int
    artefact_bucket: str
    config_bucket: str = ""
    agent_scan_machine: str = ""
    parts: str = "alerts,creator-tagger,heartbeat"


class AgentSettings(Settings, frozen=True, kw_only=True):
    """What every function of the agent installer has. Reports that the hub's bus refuses wait in the queue."""

    hub_bus_arn: str
    prefix: str
    agent_dead_letters_url: str
    agent_name: str


class AgentScanSettings(AgentSettings, frozen=True, kw_only=True):
    """Of `muster-spoke-agent-scan`; in `artefact_bucket` lie the account's own settings."""

    artefact_bucket: str
    agent_scan_machine: str


class AgentCaptureSettings(AgentSettings, frozen=True, kw_only=True):
    """Of `muster-spoke-agent-capture`."""

    artefact_bucket: str
    agent_wait_seconds: int


class AgentCheckSettings(AgentSettings, frozen=True, kw_only=True):
    """Of `muster-spoke-agent-check`."""

    agent_registration_seconds: int


class AgentInstallSettings(AgentSettings, frozen=True, kw_only=True):
    """Of `muster-spoke-agent-install`."""

    agent_install_document: str
    agent_uninstall_document: str


class AgentResultSettings(AgentSettings, frozen=True, kw_only=True):
    """Of `muster-spoke-agent-result`."""

    agent_scripts_policy: str
    agent_start_machine: str
    agent_scan_machine: str
