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
    delivers; empty: none is made.
    """

    hub_bus_arn: str
    prefix: str
    config_hash: str
    interval_seconds: int
    artefact_bucket: str
    config_bucket: str = ""
    parts: str = "alerts,creator-tagger,heartbeat"
