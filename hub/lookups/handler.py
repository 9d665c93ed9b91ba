"""Looks into member accounts for what events alone do not say, and writes the answers into the findings."""

import os
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from botocore.exceptions import BotoCoreError, ClientError

from contract.clock import iso, now
from contract.finding import LOOK_UP, Confidence, Finding, RecordState
from contract.names import METRICS_NAMESPACE, QUEUE_ATTEMPTS, Names
from contract.settings import read_settings
from hub.clients import assumed_client, aws_client
from hub.detections.settings import load_settings
from hub.lookups.access import MemberAccounts
from hub.lookups.catalogue import LOOKUPS
from hub.lookups.lookup import Answer, Clients, NotYetError, Question, undecided
from hub.lookups.questions import question_of
from hub.lookups.refusals import code_of, is_passing
from hub.membership import Membership
from hub.messages import is_last_attempt, process_records
from hub.organization import listed_accounts
from hub.settings import LookupsSettings
from hub.store.accounts import AccountStore
from hub.store.findings import FindingStore

logger = Logger(service="lookups")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="lookups")

_TUNING = Path(__file__).parents[1] / "settings.json"


@metrics.log_metrics
def look_up_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer the questions of a batch of the queue; one that cannot be answered now comes back alone."""
    answerer = _answerer()

    def handle(record: SQSRecord) -> None:
        answerer.answer(question_of(record.body), is_last=is_last_attempt(record))

    return process_records(event, handle, logger, metrics)


@cache
def _answerer() -> "Answerer":
    settings = read_settings(LookupsSettings, os.environ)
    accounts = MemberAccounts(aws_client("sts"), Names(settings.prefix).read_role, assumed_client, now)
    client, tuning = aws_client("dynamodb"), load_settings(_TUNING)
    membership = Membership(
        AccountStore(client, settings.state_table),
        lambda: listed_accounts(aws_client("organizations")),
        now,
        logger,
    )
    return Answerer(
        FindingStore(client, settings.findings_table),
        accounts.clients,
        lambda account: account in tuning.trusted_accounts or membership.belongs(account),
        tuning.severities,
        now,
    )


class Answerer:
    """The accounts and the store, between queue and table."""

    def __init__(
        self,
        store: FindingStore,
        clients: Callable[[str, str], Clients],
        belongs: Callable[[str], bool | None],
        forced: Collection[str],
        clock: Callable[[], datetime],
    ) -> None:
        """Take what it works with; `clients` are by account and Region, `forced` detections have a set severity.

        `belongs` says whether an account is the organization's own; None when nobody can say.
        """
        self._store = store
        self._clients = clients
        self._belongs = belongs
        self._forced = forced
        self._clock = clock

    def answer(self, question: Question, *, is_last: bool = False) -> None:
        """Look up what is asked and store the answer, unless the finding has one: the first stands.

        What may work later raises, and on the last attempt says why it did not.
        """
        stored = self._store.get(question.finding)
        if stored is None or stored.confidence is not Confidence.UNCONFIRMED:
            logger.info("Nothing is left to look up", finding=question.finding)
            return
        answer = self._answer(question, is_last=is_last)
        logger.info("Looked up", finding=stored.id, lookup=question.lookup, said=answer.said)
        metrics.add_metric(name=f"LookUps{answer.confidence.capitalize()}", unit=MetricUnit.Count, value=1)
        told = answered(stored, answer, question, is_forced=stored.detection in self._forced)
        if told != stored:
            self._store.upsert([_dated(told, self._clock())])

    def _answer(self, question: Question, *, is_last: bool) -> Answer:
        try:
            return self._placed(look_up(question, self._clients(question.account, question.region)))
        except (BotoCoreError, ClientError, NotYetError) as error:
            if not is_last:
                raise
            return undecided(f"{QUEUE_ATTEMPTS} attempts failed, the last because: {error}")

    def _placed(self, answer: Answer) -> Answer:
        """Return an answer about owners as one about strangers; among one's own its severity is not meant."""
        belonging = {one: self._belongs(one) for one in answer.owners}
        if None in belonging.values():
            raise NotYetError(f"{answer.said}; Organizations could not be asked about them")
        if not belonging:
            return answer
        strangers = [one for one, is_own in belonging.items() if not is_own]
        named = f"; outside the organization: {', '.join(strangers)}" if strangers else ""
        severity = answer.severity if strangers else None
        return msgspec.structs.replace(answer, said=f"{answer.said}{named}", severity=severity)


def look_up(question: Question, clients: Clients) -> Answer:
    """Return the look-up's answer; a read that will never work leaves the finding undecided, with the reason."""
    try:
        return LOOKUPS[question.lookup].answer(question, clients)
    except ClientError as error:
        if is_passing(error):
            raise
        return undecided(f"{error.operation_name} was refused in account {question.account} ({code_of(error)})")


def answered(stored: Finding, answer: Answer, question: Question, *, is_forced: bool) -> Finding:
    """Return a finding with its answer: closed when it is refuted and nothing stands besides.

    A severity that the settings force stays. What waited for the answer is told to people from now on.
    """
    besides = question.besides
    is_refuted = answer.confidence is Confidence.REFUTED
    open_still = f"; open because of {', '.join(besides)}" if is_refuted and besides else ""
    return msgspec.structs.replace(
        stored,
        confidence=answer.confidence,
        mode=question.mode or stored.mode,
        severity=stored.severity if is_forced or not answer.severity else answer.severity,
        record_state=RecordState.ARCHIVED if is_refuted and not besides else stored.record_state,
        details={**stored.details, LOOK_UP: f"{answer.said}{open_still}"},
    )


def _dated(finding: Finding, moment: datetime) -> Finding:
    """Return a finding as of the moment of reading, which is later than its event: deliveries repeat."""
    event = datetime.fromisoformat(finding.updated_at)
    updated_at = iso(max(moment, event + timedelta(microseconds=1)))
    return msgspec.structs.replace(finding, updated_at=updated_at, observed_at=iso(moment))
