"""Copies of the hub's tables by AWS Backup."""

from troposphere import AWSObject, GetAtt, Join, Ref, Select, Split, Sub
from troposphere.backup import (
    BackupPlan,
    BackupPlanResourceType,
    BackupRuleResourceType,
    BackupSelection,
    BackupSelectionResourceType,
    BackupVault,
    CopyActionResourceType,
    LifecycleResourceType,
)
from troposphere.iam import Role

from generator.config import Config
from generator.parts.data_key import RETAINED
from generator.parts.function import regional_name, trusted

_DAILY = "cron(0 5 * * ? *)"
_START_MINUTES, _COMPLETION_MINUTES = 60, 480
_MANAGED = ("AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores")


def table_backups(config: Config) -> list[AWSObject]:
    """Return the vault, the daily plan, what it copies, and the role under which AWS Backup copies and restores."""
    name = f"{config.aws.prefix}-tables"
    # It stays with its copies, and a later stack's vault must not meet its name.
    of_stack = Select(0, Split("-", Select(2, Split("/", Ref("AWS::StackId")))))
    own_name = Join("-", [name, of_stack])
    vault = BackupVault("TableVault", BackupVaultName=own_name, EncryptionKeyArn=GetAtt("DataKey", "Arn"), **RETAINED)
    role = Role(
        "TableBackupRole",
        RoleName=regional_name(f"{config.aws.prefix}-backup"),
        AssumeRolePolicyDocument=trusted("backup"),
        ManagedPolicyArns=[Sub(f"arn:${{AWS::Partition}}:iam::aws:policy/service-role/{one}") for one in _MANAGED],
    )
    plan = BackupPlan(
        "TableBackupPlan", BackupPlan=BackupPlanResourceType(BackupPlanName=name, BackupPlanRule=[_rule(config, vault)])
    )
    tables = [GetAtt("FindingsTable", "Arn"), GetAtt("StateTable", "Arn")]
    chosen = BackupSelectionResourceType(SelectionName=name, IamRoleArn=GetAtt(role, "Arn"), Resources=tables)
    return [vault, role, plan, BackupSelection("TableBackupSelection", BackupPlanId=Ref(plan), BackupSelection=chosen)]


def _rule(config: Config, vault: BackupVault) -> BackupRuleResourceType:
    backup = config.table_backup
    lifecycle = LifecycleResourceType(DeleteAfterDays=backup.keep_days)
    place = f"arn:${{AWS::Partition}}:backup:{backup.copy_region}:${{AWS::AccountId}}:backup-vault:Default"
    copy = CopyActionResourceType(DestinationBackupVaultArn=Sub(place), Lifecycle=lifecycle)
    return BackupRuleResourceType(
        RuleName="daily",
        TargetBackupVault=Ref(vault),
        ScheduleExpression=_DAILY,
        StartWindowMinutes=_START_MINUTES,
        CompletionWindowMinutes=_COMPLETION_MINUTES,
        Lifecycle=lifecycle,
        **({"CopyActions": [copy]} if backup.copy_region else {}),
    )
