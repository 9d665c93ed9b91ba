"""Every Lambda function of Muster: one table that stacks, packages and tests share."""

import msgspec

from contract.names import Names
from contract.settings import Settings
from hub import settings as hub
from spoke import settings as spoke
from spoke.creator_tagger.services import client_names


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """A function; `services` are the botocore services whose data it carries, `timeout` is in seconds.

    `data` are patterns of files that its code reads, `generated` files that are written from `muster.toml`.
    Memory also buys processor time: what answers events gets 512 MB, what runs once an hour half of it, unless it holds
    the whole organization.
    """

    name: str
    handler: str
    settings: type[Settings]
    services: tuple[str, ...]
    memory: int = 512
    timeout: int = 30
    data: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()
    in_spokes: bool = False

    @property
    def title(self) -> str:
        """The function's logical id: `creator_tagger` becomes `CreatorTagger`."""
        return self.name.title().replace("_", "")

    @property
    def module(self) -> str:
        """The module that holds the handler."""
        return self.handler.rpartition(".")[0]

    def full_name(self, names: Names) -> str:
        """Return the name of the deployed function."""
        return names.spoke_function(self.name) if self.in_spokes else names.function(self.name)


DETECTOR = Function(
    name="detector",
    handler="hub.detector.detect_handler",
    settings=hub.DetectorSettings,
    services=("dynamodb", "organizations", "sqs"),
    generated=("hub/settings.json",),
)
INGESTER = Function(
    name="ingester",
    handler="hub.ingester.ingest_handler",
    settings=hub.IngesterSettings,
    services=("dynamodb",),
)
SYNC = Function(
    name="sync",
    handler="hub.sync.handler.sync_handler",
    settings=hub.SyncSettings,
    services=("dynamodb", "securityhub", "sqs"),
    memory=256,
    timeout=300,
)
LOOKUPS = Function(
    name="lookups",
    handler="hub.lookups.handler.look_up_handler",
    settings=hub.LookupsSettings,
    services=(
        *("dynamodb", "ec2", "elb", "elbv2", "iam", "opensearch", "organizations"),
        *("rds", "s3", "s3control", "sso-admin", "sts"),
    ),
    generated=("hub/settings.json",),
    timeout=60,
)
REPORTS = Function(
    name="reports",
    handler="hub.reports.record_handler",
    settings=hub.ReportsSettings,
    services=("dynamodb",),
    memory=256,
)
INVENTORY = Function(
    name="inventory",
    handler="hub.inventory.refresh_handler",
    settings=hub.InventorySettings,
    services=("dynamodb", "organizations", "s3"),
    generated=("hub/deployed.json", "hub/overrides.json", "hub/scope.json"),
    timeout=300,
)
ROLLUPS = Function(
    name="rollups",
    handler="hub.rollups.count_handler",
    settings=hub.RollupsSettings,
    services=("dynamodb",),
)
RECOUNT = Function(
    name="recount",
    handler="hub.recount.recount_handler",
    settings=hub.RecountSettings,
    services=("dynamodb",),
    timeout=900,
)
TRANSITIONS = Function(
    name="transitions",
    handler="hub.transitions.pass_on_handler",
    settings=hub.TransitionsSettings,
    services=("dynamodb", "sqs"),
    memory=256,
)
WORKFLOW = Function(
    name="workflow",
    handler="hub.workflow.follow_handler",
    settings=hub.WorkflowSettings,
    services=("dynamodb", "securityhub"),
    memory=256,
    timeout=60,
)
SUPPRESSIONS = Function(
    name="suppressions",
    handler="hub.suppressions.keep_handler",
    settings=hub.SuppressionsSettings,
    services=("dynamodb",),
    generated=("hub/suppressions.json",),
    memory=256,
    timeout=900,
)
NOTIFIER = Function(
    name="notifier",
    handler="hub.notifier.handler.notify_handler",
    settings=hub.NotifierSettings,
    services=("dynamodb", "sqs"),
    generated=("hub/channels/channels.json", "hub/notifier/routes.json"),
    memory=256,
    timeout=60,
)
SENDER = Function(
    name="sender",
    handler="hub.notifier.sender.send_handler",
    settings=hub.SenderSettings,
    services=("dynamodb", "events", "secretsmanager", "sesv2", "sns", "sqs"),
    data=("contract/detections.json", "hub/notifier/templates/*"),
    generated=("hub/channels/channels.json", "hub/notifier/routes.json"),
    timeout=180,
)
DIGEST = Function(
    name="digest",
    handler="hub.digest.handler.digest_handler",
    settings=hub.DigestSettings,
    services=("dynamodb", "sqs"),
    generated=("hub/channels/channels.json", "hub/notifier/routes.json", "hub/digest/settings.json"),
    timeout=300,
)
CHANNEL_CHECK = Function(
    name="channel_check",
    handler="hub.channels.check.check_handler",
    settings=hub.ChannelCheckSettings,
    services=("dynamodb", "secretsmanager", "sesv2", "sns"),
    generated=("hub/channels/channels.json",),
    memory=256,
    timeout=120,
)
PUBLISHER = Function(
    name="publisher",
    handler="hub.publisher.publish_handler",
    settings=hub.PublisherSettings,
    services=("securityhub",),
    data=("contract/detections.json",),
    memory=256,
    timeout=60,
)
ARCHIVER = Function(
    name="archiver",
    handler="hub.archiver.handler.archive_handler",
    settings=hub.ArchiverSettings,
    services=("dynamodb", "s3"),
    timeout=900,
)
LATE_ARCHIVER = Function(
    name="late_archiver",
    handler="hub.archiver.late.archive_late_handler",
    settings=hub.LateArchiverSettings,
    services=("s3",),
    memory=256,
    timeout=60,
)
API = Function(
    name="api",
    handler="hub.api.handler.answer_handler",
    settings=hub.ApiSettings,
    services=("dynamodb",),
    memory=256,
    timeout=30,
)
ACTIONS = Function(
    name="actions",
    handler="hub.actions.handler.act_handler",
    settings=hub.ActionsSettings,
    services=("dynamodb", "secretsmanager"),
    data=("hub/actions/templates/*",),
    memory=256,
    timeout=30,
)
CREATOR_TAGGER = Function(
    name="creator_tagger",
    handler="spoke.creator_tagger.handler.tag_handler",
    settings=spoke.CreatorTaggerSettings,
    services=client_names(),
    data=("spoke/creator_tagger/catalogue.json",),
    in_spokes=True,
)
HEARTBEAT = Function(
    name="heartbeat",
    handler="spoke.heartbeat.handler.beat_handler",
    settings=spoke.HeartbeatSettings,
    services=("cloudtrail", "config", "events", "iam", "s3", "sqs", "stepfunctions"),
    memory=256,
    timeout=60,
    in_spokes=True,
)
BACKUP_TAGGER = Function(
    name="backup_tagger",
    handler="spoke.backup_tagger.handler.tag_backups_handler",
    settings=spoke.BackupTaggerSettings,
    services=("ec2", "events", "lambda", "s3", "sqs"),
    memory=256,
    timeout=900,
    in_spokes=True,
)
EXPIRY = Function(
    name="expiry",
    handler="spoke.expiry.handler.expire_handler",
    settings=spoke.ExpirySettings,
    services=("autoscaling", "ec2", "events", "sqs", "ssm"),
    memory=256,
    timeout=900,
    in_spokes=True,
)

AGENT_COVERAGE = Function(
    name="agent_coverage",
    handler="hub.agent_coverage.follow_handler",
    settings=hub.AgentCoverageSettings,
    services=("dynamodb",),
    memory=256,
    timeout=900,
)

HUB_FUNCTIONS = (
    *(DETECTOR, INGESTER, SYNC, LOOKUPS, REPORTS, INVENTORY, ROLLUPS, RECOUNT),
    *(TRANSITIONS, WORKFLOW, SUPPRESSIONS, NOTIFIER, SENDER, DIGEST, CHANNEL_CHECK),
    *(PUBLISHER, ARCHIVER, LATE_ARCHIVER, API, ACTIONS, AGENT_COVERAGE),
)
# Memory and time-outs are the first ones that the agent installer had; docs/adr/0043 gives each deviation's reason.
AGENT_SCAN = Function(
    name="agent_scan",
    handler="spoke.agent_installer.scan.scan_handler",
    settings=spoke.AgentScopeSettings,
    services=("ec2", "events", "s3", "sqs", "ssm"),
    memory=512,
    timeout=300,
    in_spokes=True,
)
AGENT_CAPTURE = Function(
    name="agent_capture",
    handler="spoke.agent_installer.capture.capture_handler",
    settings=spoke.AgentScopeSettings,
    services=("ec2", "events", "s3", "sqs", "ssm"),
    memory=300,
    timeout=90,
    in_spokes=True,
)
AGENT_CHECK = Function(
    name="agent_check",
    handler="spoke.agent_installer.check.check_handler",
    settings=spoke.AgentCheckSettings,
    services=("ec2", "events", "sqs", "ssm"),
    memory=256,
    timeout=30,
    in_spokes=True,
)
AGENT_INSTALL = Function(
    name="agent_install",
    handler="spoke.agent_installer.install.install_handler",
    settings=spoke.AgentInstallSettings,
    services=("ec2", "events", "sqs", "ssm"),
    memory=300,
    timeout=90,
    in_spokes=True,
)
AGENT_RESULT = Function(
    name="agent_result",
    handler="spoke.agent_installer.result.result_handler",
    settings=spoke.AgentResultSettings,
    services=("ec2", "events", "sqs", "ssm", "stepfunctions"),
    memory=256,
    timeout=60,
    in_spokes=True,
)

AGENT_FUNCTIONS = (AGENT_SCAN, AGENT_CAPTURE, AGENT_CHECK, AGENT_INSTALL, AGENT_RESULT)
SPOKE_FUNCTIONS = (CREATOR_TAGGER, BACKUP_TAGGER, EXPIRY, HEARTBEAT, *AGENT_FUNCTIONS)
FUNCTIONS = (*HUB_FUNCTIONS, *SPOKE_FUNCTIONS)
