"""What an alarm says about the messages of a dead-letter queue: what they are, and what gives them another chance."""

from generator.dead_letters import DeadLetterQueue, Kind

_MESSAGES = {
    Kind.WORK: "each message is what {handler} did not manage or never got",
    Kind.CALLS: "each message is a call of {handler} that failed for good{parked}",
    Kind.CHANGES: "each message names changes that {handler} gave up, which the stream keeps for a day",
    Kind.EVENTS: "each message is an event that did not reach the hub",
}


def cure(queue: DeadLetterQueue, *, is_in_spokes: bool = False) -> str:
    """Return what the messages of a queue are and the command that follows when the cause is mended."""
    member = " --account <id> --profile <its profile>" if is_in_spokes else ""
    parked = " or a report that the hub refused" if is_in_spokes else ""
    said = _MESSAGES[queue.kind].format(handler=queue.handler, parked=parked)
    return f"{said}; mend the cause, then `muster redrive --queue {queue.name}{member}`"
