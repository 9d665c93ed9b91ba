"""What an organization may say about detections: ports and addresses that are fine, modes, severities."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from contract.finding import Mode, Severity
from contract.names import Names
from hub.detections.exclusions import Exclusion

# Names that say what is inside: trails (Muster's own too), AWS Config's, flow logs, and landing zones' archives.
LOG_BUCKETS = ("*trail*", "*audit*", "config-bucket-*", "*flow*log*", "*log*archive*", "aws-controltower-*")


class DetectionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the detections.

    `allowed_ports` may be open to the world, `allowed_cidrs` are never the world. `allowed_regions`: where things may
    be started, empty for anywhere. `log_buckets`: names of buckets that hold logs, with `*`. `modes` and `severities`
    are by detection id and stand above the catalogue's, as `counts` above those of windows. `exclusions` are the
    organization's own; `has_usual_exclusions` adds what is normal everywhere. Accounts that are neither in
    `organization_accounts` nor in `trusted_accounts` are strangers; `organization_id` is empty where nobody said.
    `prefix` begins the names of Muster's own resources, whose loss is worse.
    """

    allowed_ports: tuple[int, ...] = (80, 443)
    allowed_cidrs: tuple[str, ...] = ()
    allowed_regions: tuple[str, ...] = ()
    trusted_accounts: frozenset[str] = frozenset()
    log_buckets: tuple[str, ...] = LOG_BUCKETS
    minimum_log_bucket_days: int = 90
    minimum_log_group_days: int = 30
    modes: Mapping[str, Mode] = {}
    severities: Mapping[str, Severity] = {}
    counts: Mapping[str, int] = {}
    exclusions: tuple[Exclusion, ...] = ()
    has_usual_exclusions: bool = True
    prefix: str = "muster"
    organization_id: str = ""
    organization_accounts: frozenset[str] = frozenset()

    @property
    def names(self) -> Names:
        """The names of Muster's own resources."""
        return Names(self.prefix)


DEFAULTS = DetectionSettings()


class DetectionSettingsError(ValueError):
    """The settings file is no JSON, or a value in it has the wrong form."""


def load_settings(path: Path) -> DetectionSettings:
    """Return the settings of the generated `settings.json`; a file that is absent means the defaults."""
    if not path.exists():
        return DEFAULTS
    try:
        return msgspec.json.decode(path.read_bytes(), type=DetectionSettings)
    except msgspec.DecodeError as error:
        raise DetectionSettingsError(f"{path.name}: {error}") from error
