"""The hub's two tables."""

from troposphere import GetAtt
from troposphere.dynamodb import (
    PointInTimeRecoverySpecification,
    SSESpecification,
    StreamSpecification,
    Table,
    TimeToLiveSpecification,
)

from generator.config import Config
from generator.parts.data_key import kept
from hub.store import schema


def findings_table(config: Config) -> Table:
    """Return the table of findings: sparse indexes over the open ones, a stream of every change."""
    table = _table("FindingsTable", config.names.findings_table, schema.FINDINGS, config)
    table.StreamSpecification = StreamSpecification(StreamViewType=schema.STREAM_VIEW)
    return table


def state_table(config: Config) -> Table:
    """Return the table of everything else that the hub remembers."""
    return _table("StateTable", config.names.state_table, schema.STATE, config)


def _table(title: str, name: str, described: schema.Table, config: Config) -> Table:
    table: Table = Table.from_dict(title, {"TableName": name, **schema.definition(described)})
    table.DeletionProtectionEnabled = config.findings.deletion_protection
    table.PointInTimeRecoverySpecification = PointInTimeRecoverySpecification(PointInTimeRecoveryEnabled=True)
    table.SSESpecification = SSESpecification(SSEEnabled=True, SSEType="KMS", KMSMasterKeyId=GetAtt("DataKey", "Arn"))
    table.TimeToLiveSpecification = TimeToLiveSpecification(AttributeName=schema.TTL_ATTRIBUTE, Enabled=True)
    for attribute, policy in kept(config).items():
        setattr(table, attribute, policy)
    return table
