"""The findings that a spoke is silent, and that an account has none."""

from contract.finding import Finding, detection_finding_id
from contract.names import GLOBAL_REGIONS, Names, partition_of
from hub.own_findings import ACCOUNT_UNCOVERED, SPOKE_SILENT
from hub.silence import Silence
from hub.store.accounts import Account

# To the minute: as people read it.
_MINUTE = 16


def spoke_silent(silence: Silence, names: Names, moment: str) -> Finding:
    """Return the finding of a spoke's silence: one for each account and Region, about what should have beaten."""
    account, region = silence.account, silence.region
    name = names.spoke_function("heartbeat")
    resource = f"arn:{partition_of(region)}:lambda:{region}:{account}:function:{name}"
    last = f"last heartbeat {silence.last[:_MINUTE].replace('T', ' ')} UTC" if silence.last else "never heard of"
    return Finding(
        id=detection_finding_id(SPOKE_SILENT.family, "", resource, is_attempt=False),
        detection=SPOKE_SILENT.id,
        title=SPOKE_SILENT.title.format(account=account, region=region, last=last),
        severity=SPOKE_SILENT.severity,
        account=account,
        region=region,
        resource=resource,
        resources=(resource,),
        family=SPOKE_SILENT.family,
        first_seen=silence.since,
        updated_at=silence.since,
        observed_at=moment,
    )


def account_uncovered(account: Account, home_region: str, moment: str) -> Finding:
    """Return the finding that an account is in no target: one for each account."""
    partition = partition_of(home_region)
    resource = f"arn:{partition}:iam::{account.id}:root"
    return Finding(
        id=detection_finding_id(ACCOUNT_UNCOVERED.family, "", resource, is_attempt=False),
        detection=ACCOUNT_UNCOVERED.id,
        title=ACCOUNT_UNCOVERED.title.format(account=account.id),
        severity=ACCOUNT_UNCOVERED.severity,
        account=account.id,
        region=GLOBAL_REGIONS[partition],
        resource=resource,
        resources=(resource,),
        family=ACCOUNT_UNCOVERED.family,
        first_seen=account.outside_since,
        updated_at=account.outside_since,
        observed_at=moment,
    )
