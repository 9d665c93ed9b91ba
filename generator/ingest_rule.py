"""The hub's rule for what Security Hub says."""

from collections.abc import Iterable

from contract import asff, ocsf
from generator.config import Config
from generator.pattern import Pattern, Rule
from generator.settings.feeds import SecurityHubFormat

_KINDS = {SecurityHubFormat.ASFF: asff.IMPORTED, SecurityHubFormat.OCSF: ocsf.IMPORTED}


def ingest_pattern(formats: Iterable[SecurityHubFormat]) -> Pattern:
    """Return the pattern of the events that bring findings."""
    return {"source": ["aws.securityhub"], "detail-type": [_KINDS[one] for one in formats]}


def ingest_rules(config: Config | None = None) -> list[Rule]:
    """Return the rule as settings have it, none when they switch it off; without settings it takes either format."""
    formats = [config.feeds.security_hub_format] if config else list(SecurityHubFormat)
    is_on = config is None or config.feeds.reads_security_hub
    return [Rule("ingester", ingest_pattern(formats))] if is_on else []
