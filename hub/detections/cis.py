"""The numbers of CIS AWS Foundations Benchmark's monitoring controls, which moved between versions."""

# Key: number within the monitoring section. Source: CIS AWS Foundations Benchmark 1.4.0 to 7.0.0.
_CONTROLS = {
    "monitoring.unauthorized_calls": 1,
    "monitoring.signin_without_mfa": 2,
    "monitoring.root_usage": 3,
    "monitoring.iam_policy_changes": 4,
    "monitoring.cloudtrail_changes": 5,
    "monitoring.signin_failures": 6,
    "monitoring.key_loss": 7,
    "monitoring.bucket_policy_changes": 8,
    "monitoring.config_changes": 9,
    "monitoring.security_group_changes": 10,
    "monitoring.nacl_changes": 11,
    "monitoring.gateway_changes": 12,
    "monitoring.route_table_changes": 13,
    "monitoring.vpc_changes": 14,
    "monitoring.organizations_changes": 15,
    "monitoring.security_hub": 16,
}
# Version: section and the number of its last control (v1.4 does not ask for Security Hub).
_SECTIONS = {"1.4": (4, 15), "3.0": (4, 16), "5.0": (4, 16), "6.0": (5, 16), "7.0": (5, 16)}

VERSIONS = tuple(_SECTIONS)


def cis_numbers(control: str) -> dict[str, str]:
    """Return a control's number in each version of the benchmark that has it; nothing for an unknown control."""
    number = _CONTROLS.get(control)
    if number is None:
        return {}
    return {version: f"{section}.{number}" for version, (section, last) in _SECTIONS.items() if number <= last}
