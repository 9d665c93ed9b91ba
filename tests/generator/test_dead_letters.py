from generator.config import Config
from generator.dead_letters import DeadLetterQueue, Kind, dead_letter_queues
from generator.functions import FUNCTIONS
from generator.hub_stack import hub_stack
from generator.snapshots import everything
from generator.spoke_stack import spoke_stack

ARTEFACTS = {what.name: "" for what in FUNCTIONS}


def test_every_dead_letter_queue_of_the_hub_has_its_kind_and_who_its_messages_were_for(config: Config) -> None:
    found = dead_letter_queues(hub_stack(config, ARTEFACTS).resources.values())
    assert {one.name: (one.kind, one.handler) for one in found} == {
        "muster-detector-dlq": (Kind.WORK, "muster-detector"),
        "muster-ingester-dlq": (Kind.WORK, "muster-ingester"),
        "muster-sync-dlq": (Kind.WORK, "muster-sync"),
        "muster-lookups-dlq": (Kind.WORK, "muster-lookups"),
        "muster-reports-dlq": (Kind.WORK, "muster-reports"),
        "muster-workflow-dlq": (Kind.WORK, "muster-workflow"),
        "muster-suppressions-dlq": (Kind.CALLS, "muster-suppressions"),
        "muster-notifier-dlq": (Kind.WORK, "muster-notifier"),
        "muster-channel-critical-alerts-dlq": (Kind.WORK, "muster-channel-critical-alerts"),
        "muster-channel-email-dlq": (Kind.WORK, "muster-channel-email"),
        "muster-channel-eventbridge-dlq": (Kind.WORK, "muster-channel-eventbridge"),
        "muster-channel-payments-dlq": (Kind.WORK, "muster-channel-payments"),
        "muster-digest-dlq": (Kind.CALLS, "muster-digest"),
        "muster-channel-check-dlq": (Kind.CALLS, "muster-channel-check"),
        "muster-publisher-dlq": (Kind.WORK, "muster-publisher"),
        "muster-archiver-dlq": (Kind.CALLS, "muster-archiver"),
        "muster-late-archiver-dlq": (Kind.WORK, "muster-late-archiver"),
        "muster-inventory-dlq": (Kind.CALLS, "muster-inventory"),
        "muster-agent-coverage-dlq": (Kind.CALLS, "muster-agent-coverage"),
        "muster-recount-dlq": (Kind.CALLS, "muster-recount"),
        "muster-rollups-dlq": (Kind.CHANGES, "muster-rollups"),
        "muster-transitions-dlq": (Kind.CHANGES, "muster-transitions"),
    }


def test_the_agent_installer_adds_one(config: Config) -> None:
    found = dead_letter_queues(spoke_stack(everything(config), ARTEFACTS).resources.values())
    name = "muster-spoke-agent-result"
    assert DeadLetterQueue("AgentResultDeadLetters", f"{name}-dlq", Kind.CALLS, name) in found
    assert len(found) == 6


def test_every_dead_letter_queue_of_a_spoke_has_its_kind(config: Config) -> None:
    found = dead_letter_queues(spoke_stack(config, ARTEFACTS).resources.values())
    assert found == [
        DeadLetterQueue("AlertDeadLetters", "muster-spoke-alerts-dlq", Kind.EVENTS),
        DeadLetterQueue(
            "CreatorTaggerDeadLetters",
            *("muster-spoke-creator-tagger-dlq", Kind.CALLS, "muster-spoke-creator-tagger"),
        ),
        DeadLetterQueue(
            "BackupTaggerDeadLetters", "muster-spoke-backup-tagger-dlq", Kind.CALLS, "muster-spoke-backup-tagger"
        ),
        DeadLetterQueue("HeartbeatDeadLetters", "muster-spoke-heartbeat-dlq", Kind.CALLS, "muster-spoke-heartbeat"),
    ]
