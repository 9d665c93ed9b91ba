"""What each reason means, and what to do about it: findings, messages and the dashboard say it in these words."""

from collections.abc import Mapping

from contract.agents import Reason

MENDS: Mapping[Reason, str] = {
    Reason.FRESH: "The agent was installed and runs.",
    Reason.ALREADY_RUNNING: "The agent ran already and was left alone.",
    Reason.UPGRADED: "The agent was installed anew and runs.",
    Reason.SCRIPT_FAILED: "The vendor's script failed: read the last lines of its output; most often it cannot reach "
    "the vendor's console.",
    Reason.HASH_MISMATCH: "The script in the bucket is not the one that was rolled out, and was not run: find out who "
    "changed it, then run `muster deploy`.",
    Reason.DOWNLOAD_FAILED: "The instance could not read the script: its role needs the policy for it, and it a way "
    "to S3.",
    Reason.MISSING_TOOL: "The script needs a tool that the instance lacks: install it, or bake it into the image.",
    Reason.NO_SCRIPT: "There is no script for this platform: name one in [agent] and deploy.",
    Reason.NOT_RUNNING_AFTERWARDS: "The script succeeded, but the agent does not run: look at its log on the "
    "instance; perhaps its kernel is not supported.",
    Reason.COMMAND_TIMED_OUT: "The script took longer than agent.install_minutes: look at what it waits for.",
    Reason.COMMAND_UNDELIVERED: "The command did not reach the instance within ten minutes: look at its SSM Agent.",
    Reason.COMMAND_CANCELLED: "Somebody cancelled the command; the next sweep tries again.",
    Reason.COMMAND_REFUSED: "Systems Manager refused the command: look at what denies it in this account.",
    Reason.UNINSTALL_FAILED: "The agent could not be removed and is as it was: read the last lines of the output.",
    Reason.WORKFLOW_FAILED: "Muster itself failed on the way: the details say where; the next sweep tries again.",
    Reason.NO_INSTANCE_PROFILE: "It has no instance profile, so Systems Manager cannot manage it: give it one with "
    "AmazonSSMManagedInstanceCore, or use Default Host Management.",
    Reason.NEVER_REGISTERED: "It never came to Systems Manager: install the SSM Agent, or give it a way to its "
    "endpoints.",
    Reason.CONNECTION_LOST: "Systems Manager lost it: look at its SSM Agent, its role and its way out.",
    Reason.UNSUPPORTED_PLATFORM: "The agent cannot be installed there: exclude it by a tag (agent.excluded_tags).",
    Reason.NOT_IN_SCOPE: "It is no node of ECS or EKS, and agent.scope asks for those only.",
    Reason.TAGS_DO_NOT_MATCH: "It lacks the tags that agent.tags asks for.",
    Reason.EXCLUDED_BY_TAG: "It has a tag of agent.excluded_tags.",
    Reason.ACCOUNT_EXCLUDED: "Its account is left out by [[overrides]].",
    Reason.UNINSTALLED: "The agent was removed by command.",
    Reason.NOT_THERE: "There was no agent to remove.",
    Reason.TERMINATED: "The instance is terminated.",
    Reason.STOPPED: "The instance is stopped.",
}


def mend(reason: Reason) -> str:
    """Return what a reason means and what to do."""
    return MENDS[reason]


def in_words(reason: Reason, exit_code: int | None = None) -> str:
    """Return a reason as people read it, with the script's exit code where that is not 0."""
    words = reason.replace("_", " ")
    return f"{words}, exit code {exit_code}" if exit_code else words


def explained(reason: Reason, details: str) -> str:
    """Return what was seen of an instance, and what its reason means and what to do, as sentences."""
    seen = f"{details[:1].upper()}{details[1:].rstrip('.')}. " if details else ""
    return f"{seen}{mend(reason)}"


def last_lines(output: str, number: int = 3) -> list[str]:
    """Return the last lines of a script's output that say something."""
    return [line for line in output.splitlines() if line.strip()][-number:]
