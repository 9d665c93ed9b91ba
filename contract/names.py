"""Every name that more than one part of Muster uses. The prefix is a setting; sources and detail-types are not."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache

VERSION = "0.1.0"

SPOKE_SOURCE = "muster.spoke"
HEARTBEAT = "Muster Heartbeat"
TAGGING_RESULT = "Muster Tagging Result"
AGENT_STATUS = "Muster Agent Status"
RETENTION_REPORT = "Muster Retention Report"
# What Lambda publishes of an asynchronous invocation: what the function returned is its `responsePayload`.
LAMBDA_SOURCE = "lambda"
LAMBDA_RESULT = "Lambda Function Invocation Result - Success"

HUB_SOURCE = "muster.hub"
FINDING_EVENT = "Muster Finding"

CREATED_BY = "CreatedBy"
# Tags of images and snapshots: how long they are kept, until when, what forbids to delete them, and since when the
# expiry waits to.
RETENTION = "Retention"
DELETE_ON = "DeleteOn"
LEGAL_HOLD = "LegalHold"
EXPIRES_AFTER = "ExpiresAfter"
# Beside it, of one value: a rule of the Recycle Bin in a template names a tag with its value (AWS::Rbin::Rule).
EXPIRING = ("Expiring", "true")

METRICS_NAMESPACE = "Muster"
UNWELL_SPOKES = "SpokesUnwell"
SILENT_SPOKES = "SpokesSilent"
TAGGING_LAG = "TaggingLag"
ROLLUP_DRIFT = "RollupDrift"
CRITICAL_FINDINGS = "CriticalFindings"
# How many of a batch's events one account sends when it crowds the others out, and what the log says then.
CROWD = 5
CROWDED = "An account crowds the others out"
ARCHIVE_LAG = "ArchiveLagDays"
SYNC_AGE = "SyncAgeHours"
SYNC_WHOLE_AGE = "SyncWholeAgeDays"
SYNC_REFUSED = "SyncRefused"
AGENTS_LACKING = "AgentsLacking"
RETENTION_RUNS = "RetentionRuns"
RETENTION_ERRORS = "RetentionErrors"
RETENTION_SECONDS = "RetentionSeconds"
RETENTION_MEMORY = "RetentionPeakMemory"
RETENTION_SEEN = "RetentionSeen"
RETENTION_FAILURES = "RetentionFailures"
RETENTION_OVERDUE = "RetentionOverdue"

SEVERITY_INDEX = "SeverityTimestampIndex"
ACCOUNT_INDEX = "AccountTimestampIndex"
CONTROL_INDEX = "ControlTimestampIndex"
RESOURCE_INDEX = "ResourceIndex"

HUB_FUNCTIONS = (
    *("detector", "ingester", "sync", "lookups", "reports", "inventory", "rollups", "recount"),
    *("transitions", "workflow", "suppressions", "notifier", "sender", "digest", "channel_check"),
    *("publisher", "archiver", "late_archiver", "api", "actions", "agent_coverage"),
)
SPOKE_FUNCTIONS = (
    *("creator_tagger", "backup_tagger", "expiry", "heartbeat"),
    *("agent_scan", "agent_capture", "agent_check", "agent_install", "agent_result"),
)
# What has a role in the hub and is no function: AWS Backup, API Gateway's logs, a VPC's, the dashboard, what starts it.
HUB_ROLES = ("backup", "api-logs", "flow-logs", "config-view", "dashboard", "dashboard-operator", "dashboard-start")
# What has a role in the spokes and is no function: the rules that forward events; the agent installer's state machines,
# and the rules that start them.
FORWARDING = "alerts"
AGENT_MACHINES, AGENT_EVENTS = "agent-machines", "agent-events"
SPOKE_ROLES = (FORWARDING, AGENT_MACHINES, AGENT_EVENTS)

# How often a queue gives out a message before it counts as failed.
QUEUE_ATTEMPTS = 5

# The Region in which a partition's global services (IAM, Organizations, root sign-in) are recorded.
GLOBAL_REGIONS = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}


def partition_of(region: str) -> str:
    """Return the partition of a Region: `aws`, `aws-us-gov` or `aws-cn`."""
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws-cn" if region.startswith("cn-") else "aws"


@dataclass(frozen=True)
class Names:
    """The names of what Muster deploys, all beginning with one prefix."""

    prefix: str = "muster"

    @property
    def hub_stack(self) -> str:
        """The hub's stack."""
        return f"{self.prefix}-hub"

    @property
    def artefacts_stack(self) -> str:
        """The stack of the artefact bucket, one per Region."""
        return f"{self.prefix}-artefacts"

    @property
    def management_stack(self) -> str:
        """The management account's stack."""
        return f"{self.prefix}-management"

    @property
    def web_stack(self) -> str:
        """The stack of what stands before the dashboard."""
        return f"{self.prefix}-web"

    @property
    def dashboard_stack(self) -> str:
        """The stack of the hosted dashboard."""
        return f"{self.prefix}-dashboard"

    @property
    def spoke_stack_set(self) -> str:
        """The StackSet of the spokes."""
        return f"{self.prefix}-spoke"

    @property
    def organization_trail(self) -> str:
        """The organization's trail, where Muster makes it."""
        return f"{self.prefix}-organization-trail"

    @property
    def account_trail(self) -> str:
        """An account's own trail, where Muster makes one in each."""
        return f"{self.prefix}-spoke-trail"

    @property
    def data_trail(self) -> str:
        """The trail of who read and wrote findings, where it is asked for."""
        return f"{self.prefix}-data-trail"

    @property
    def bus(self) -> str:
        """The hub's event bus and its archive."""
        return self.prefix

    @property
    def findings_table(self) -> str:
        """The table of findings."""
        return f"{self.prefix}-findings"

    @property
    def state_table(self) -> str:
        """The table of everything else that the hub remembers."""
        return f"{self.prefix}-state"

    @property
    def archive_database(self) -> str:
        """The database and the workgroup of the archive: neither likes hyphens."""
        return f"{self.prefix.replace('-', '_')}_archive"

    def parameter(self, name: str) -> str:
        """Return the name of a parameter in SSM: `/muster/dynamodb-table-name`."""
        return f"/{self.prefix}/{name}"

    def function(self, name: str) -> str:
        """Return the name of a function of the hub: `creator_tagger` becomes `muster-creator-tagger`."""
        return f"{self.prefix}-{name.replace('_', '-')}"

    def spoke_function(self, name: str) -> str:
        """Return the name of a function of the spokes."""
        return f"{self.prefix}-spoke-{name.replace('_', '-')}"

    @property
    def read_role(self) -> str:
        """The role under which the hub reads in an account, once in each."""
        return f"{self.prefix}-read"

    @property
    def agent_role(self) -> str:
        """The role under which the hub's people start the agent installer in an account, with the Region behind it."""
        return f"{self.prefix}-agents"

    @property
    def agent_policy(self) -> str:
        """The managed policy that lets instances read the agent's scripts, once in each account."""
        return f"{self.prefix}-agent-scripts"

    def agent_machine(self, what: str) -> str:
        """Return the name of a state machine of the agent installer: `scan` or `start`."""
        return f"{self.prefix}-spoke-agent-{what}"

    def agent_document(self, *, uninstalls: bool = False) -> str:
        """Return the name of the document that installs the agent, or removes it."""
        return f"{self.prefix}-spoke-agent-{'uninstall' if uninstalls else 'install'}"

    def queue(self, consumer: str) -> str:
        """Return the name of a consumer's queue."""
        return f"{self.prefix}-{consumer.replace('_', '-')}"

    def channel_queue(self, channel: str) -> str:
        """Return the name of a channel's queue."""
        return f"{self.prefix}-channel-{channel}"

    def dead_letter_queue(self, consumer: str) -> str:
        """Return the name of a consumer's dead-letter queue."""
        return f"{self.queue(consumer)}-dlq"

    def log_group(self, function: str) -> str:
        """Return the log group of a function, given the function's full name."""
        return f"/{self.prefix}/{function}"

    def artefact_bucket(self, account: str, region: str) -> str:
        """Return the bucket of templates and zips of a Region."""
        return f"{self.prefix}-artefacts-{account}-{region}"

    def is_own(self, name: str) -> bool:
        """Return whether a stack, rule, queue, function or log group has a name that Muster gives.

        CloudFormation puts `StackSet-` before the name of a StackSet's stack; log groups lie in a folder.
        """
        return name.removeprefix("StackSet-").startswith((f"{self.prefix}-", f"/{self.prefix}/"))

    def is_own_role(self, role: str) -> bool:
        """Return whether a role is one of Muster's: a known name and a Region, so that nobody can borrow the prefix."""
        return role == self.read_role or bool(_own_roles(self).fullmatch(role))


@cache
def _own_roles(names: Names) -> re.Pattern[str]:
    known = [names.function(one) for one in (*HUB_FUNCTIONS, *HUB_ROLES)]
    known += [names.spoke_function(one) for one in (*SPOKE_FUNCTIONS, *SPOKE_ROLES)]
    return re.compile(rf"({'|'.join(map(re.escape, known))})-[a-z]{{2}}(-[a-z]+)+-[1-9]")


USUAL_NAMES = Names()

ACCOUNTS_PARTITION = "ACCOUNT"
# DynamoDB's limit of a partition key is 2,048 bytes; callers choose their own names.
_LONGEST_WINDOW_KEY = 500
SPOKES_PARTITION = "SPOKE"


def account_key(account: str) -> tuple[str, str]:
    """Return pk and sk of an account in the state table; one partition, so that one query lists all accounts."""
    return ACCOUNTS_PARTITION, account


def spoke_key(account: str, region: str) -> tuple[str, str]:
    """Return pk and sk of a spoke's last heartbeat."""
    return SPOKES_PARTITION, f"{account}#{region}"


def tagging_key(account: str, created_at: str, event: str) -> tuple[str, str]:
    """Return pk and sk of what the creator tagger made of a create event; `created_at` is `contract.clock.iso` text."""
    return f"TAGGING#{account}", f"{created_at}#{event}"


AGENT_COVERAGE_PARTITION = "AGENTS"
AGENT_DAYS_PARTITION = "AGENTS#days"


def agent_key(account: str, region: str, instance: str) -> tuple[str, str]:
    """Return pk and sk of what is known of the security agent on an instance."""
    return f"AGENT#{account}", f"{region}#{instance}"


RETENTION_PARTITION = "RETENTION"


def retention_key(account: str, region: str, job: str) -> tuple[str, str]:
    """Return pk and sk of the last report of a job on a spoke's images and snapshots; one partition lists all."""
    return RETENTION_PARTITION, f"{account}#{region}#{job}"


def rollup_key(day: str, account: str, severity: str) -> tuple[str, str]:
    """Return pk and sk of a day's counter of an account's findings of a severity; day is `2026-11-20`."""
    return f"ROLLUP#{day}", f"{account}#{severity}"


def control_rollup_key(day: str, control: str) -> tuple[str, str]:
    """Return pk and sk of a day's counter of a detection's or control's findings."""
    return f"ROLLUP#{day}", f"control#{control}"


ORGANIZATION_ROLLUP_KEY = ("ROLLUP#now", "org")


def day_rollup_key(day: str) -> tuple[str, str]:
    """Return pk and sk of a day's counters of the whole organization; one partition, so that years are one query."""
    return "ROLLUP#days", day


def events_key(day: str) -> tuple[str, str]:
    """Return pk and sk of how many events each account sent on a day."""
    return "EVENTS", day


DEPLOYED_PARTITION = "DEPLOYED"


def deployed_key(what: str) -> tuple[str, str]:
    """Return pk and sk of a part of what is deployed."""
    return DEPLOYED_PARTITION, what


CONTROLS_PARTITION = "CONTROL"


def described_control_key(control: str) -> tuple[str, str]:
    """Return pk and sk of what is known of a control of Security Hub's."""
    return CONTROLS_PARTITION, control


def compliance_key(control: str, account: str = "") -> tuple[str, str]:
    """Return pk and sk of the counters of a control in an account, or in the whole organization."""
    return f"COMPLIANCE#{account}" if account else "COMPLIANCE", control


def standard_key(standard: str, account: str) -> tuple[str, str]:
    """Return pk and sk of the counters of an account's controls that a standard asks for."""
    return f"STANDARD#{standard}", account


def history_key(finding: str, at: str, revision: int) -> tuple[str, str]:
    """Return pk and sk of what became of a finding at a time: one that is made anew begins at revision 1 again."""
    return f"HISTORY#{finding}", f"{at}#{revision:08}"


SUPPRESSIONS_PARTITION = "SUPPRESSION"
DUE_PARTITION = "SUPPRESSED"
# Sorts behind every day.
FOR_GOOD = "9999"


def suppression_key(suppression: str) -> tuple[str, str]:
    """Return pk and sk of a suppression."""
    return SUPPRESSIONS_PARTITION, suppression


def due_key(until: str, finding: str) -> tuple[str, str]:
    """Return pk and sk of a suppressed finding on the list by when it opens again; an empty `until`: never."""
    return DUE_PARTITION, f"{until or FOR_GOOD}#{finding}"


def ledger_key(finding: str, occurrence: str, target: str) -> tuple[str, str]:
    """Return pk and sk of the note that a target hears of what happened to a finding."""
    return f"LEDGER#{finding}", f"{occurrence}#{target}"


CHANNELS_PARTITION = "CHANNEL"


def channel_key(target: str) -> tuple[str, str]:
    """Return pk and sk of what is remembered of a target: a channel, or one address of it."""
    return CHANNELS_PARTITION, target


def outbox_key(target: str, pending: str) -> tuple[str, str]:
    """Return pk and sk of something that waits to be told to a target."""
    return f"OUTBOX#{target}", pending


def sent_key(day: str, message: str) -> tuple[str, str]:
    """Return pk and sk of the note that a message was sent on a day; message ids sort by time."""
    return f"SENT#{day}", message


def window_key(detection: str, key: str) -> tuple[str, str]:
    """Return pk and sk of what a detection that counts has seen of a key; a long key by its digest."""
    short = key if len(key) <= _LONGEST_WINDOW_KEY else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
    return f"WINDOW#{detection}#{short}", "window"


def checkpoint_key(job: str) -> tuple[str, str]:
    """Return pk and sk of a job's checkpoint."""
    return "CHECKPOINT", job
