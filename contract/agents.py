"""The security agent on instances: what state it can be in, why, and where its scripts and settings lie."""

from enum import StrEnum

# The folder of an artefact bucket whose objects the organization's instances may read.
SCRIPTS_FOLDER = "agent/"


class AgentState(StrEnum):
    """Whether an instance has the agent. Of a `GONE` instance nothing is kept."""

    INSTALLED = "installed"
    FAILED = "failed"
    UNMANAGED = "unmanaged"
    EXCLUDED = "excluded"
    REMOVED = "removed"
    GONE = "gone"


# Of an instance that should have the agent and has not.
LACKING = (AgentState.FAILED, AgentState.UNMANAGED)


class Via(StrEnum):
    """What made Muster look at an instance."""

    SCAN = "scan"
    START = "start"
    SWEEP = "sweep"
    COMMAND = "command"


class Action(StrEnum):
    """What is done to an instance's agent."""

    INSTALL = "install"
    UPGRADE = "upgrade"
    UNINSTALL = "uninstall"


class Platform(StrEnum):
    """The platforms that scripts exist for, as Systems Manager calls them (DescribeInstanceInformation)."""

    LINUX = "Linux"
    WINDOWS = "Windows"


class Reason(StrEnum):
    """Why an instance is in its state."""

    FRESH = "installed"
    ALREADY_RUNNING = "already_running"
    UPGRADED = "upgraded"

    SCRIPT_FAILED = "script_failed"
    HASH_MISMATCH = "hash_mismatch"
    DOWNLOAD_FAILED = "download_failed"
    MISSING_TOOL = "missing_tool"
    NO_SCRIPT = "no_script"
    NOT_RUNNING_AFTERWARDS = "not_running_afterwards"
    COMMAND_TIMED_OUT = "command_timed_out"
    COMMAND_UNDELIVERED = "command_undelivered"
    COMMAND_CANCELLED = "command_cancelled"
    COMMAND_REFUSED = "command_refused"
    UNINSTALL_FAILED = "uninstall_failed"
    WORKFLOW_FAILED = "workflow_failed"

    NO_INSTANCE_PROFILE = "no_instance_profile"
    NEVER_REGISTERED = "never_registered"
    CONNECTION_LOST = "connection_lost"
    UNSUPPORTED_PLATFORM = "unsupported_platform"

    NOT_IN_SCOPE = "not_in_scope"
    TAGS_DO_NOT_MATCH = "tags_do_not_match"
    EXCLUDED_BY_TAG = "excluded_by_tag"
    ACCOUNT_EXCLUDED = "account_excluded"

    UNINSTALLED = "uninstalled"
    NOT_THERE = "not_there"

    TERMINATED = "terminated"
    STOPPED = "stopped"


# Why an instance that should have the agent has not: its states are those of `LACKING`.
REASONS_OF_LACKING = frozenset(
    {
        *(Reason.SCRIPT_FAILED, Reason.HASH_MISMATCH, Reason.DOWNLOAD_FAILED, Reason.MISSING_TOOL, Reason.NO_SCRIPT),
        *(
            Reason.NOT_RUNNING_AFTERWARDS,
            Reason.COMMAND_TIMED_OUT,
            Reason.COMMAND_UNDELIVERED,
            Reason.COMMAND_CANCELLED,
        ),
        *(Reason.COMMAND_REFUSED, Reason.UNINSTALL_FAILED, Reason.WORKFLOW_FAILED, Reason.NO_INSTANCE_PROFILE),
        *(Reason.NEVER_REGISTERED, Reason.CONNECTION_LOST, Reason.UNSUPPORTED_PLATFORM),
    }
)


# After these the vendor's script has run, or part of it may have.
_RAN = frozenset(
    {Reason.SCRIPT_FAILED, Reason.NOT_RUNNING_AFTERWARDS, Reason.COMMAND_TIMED_OUT, Reason.COMMAND_CANCELLED}
)


def leaves_it(action: Action, reason: Reason) -> bool:
    """Whether an action that failed for a reason leaves the agent as it was: its script never ran, or did nothing.

    After a removal that failed the documents' scripts look whether the agent still runs (`UNINSTALL_FAILED`).
    """
    return action is not Action.INSTALL and reason not in _RAN


def script_key(digest: str, platform: Platform) -> str:
    """Return where a script lies in every artefact bucket, by its SHA-256: a folder of its own, with one object."""
    suffix = "ps1" if platform is Platform.WINDOWS else "sh"
    return f"{SCRIPTS_FOLDER}{digest}/script.{suffix}"
