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
from botocore.exceptions import ClientError

from contract.clock import iso, now
from contract.finding import LOOK_UP, Confidence, Finding, RecordState
from contract.names import METRICS_NAMESPACE, Names
from contract.settings import read_settings
from hub.clients import assumed_client, aws_client
from hub.detections.settings import load_settings
from hub.lookups.access import MemberAccounts
from hub.lookups.catalogue import LOOKUPS
from hub.lookups.lookup import Answer, Clients, Question, undecided
from hub.lookups.questions import question_of
from hub.lookups.refusals import code_of, is_passing
from hub.messages import process_messages
from hub.settings import LookupsSettings
from hub.store.accounts import REMOVED, Account, AccountStore
from hub.store.findings import FindingStore

logger = Logger(service="lookups")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="lookups")

_TUNING = Path(__file__).parents[1] / "settings.json"


@metrics.log_metrics
def look_up_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer the questions of a batch of the queue; one that cannot be answered now comes back alone."""
    answerer = _answerer()
    return process_messages(event, lambda body: answerer.answer(question_of(body)), logger, metrics)


@cache
def _answerer() -> "Answerer":
    settings = read_settings(LookupsSettings, os.environ)
    accounts = MemberAccounts(aws_client("sts"), Names(settings.prefix).read_role, assumed_client, now)
    client, tuning = aws_client("dynamodb"), load_settings(_TUNING)
    known = AccountStore(client, settings.state_table)
    return Answerer(
        FindingStore(client, settings.findings_table),
        accounts.clients,
        lambda account: account not in tuning.trusted_accounts and is_outside(known.get(account)),
        tuning.severities,
        now,
    )


def is_outside(account: Account | None) -> bool:
    """Whether an account, as the inventory knows it, is none of the organization's."""
    return account is None or account.status == REMOVED


class Answerer:
    """The accounts and the store, between queue and table."""

    def __init__(
        self,
        store: FindingStore,
        clients: Callable[[str, str], Clients],
        is_stranger: Callable[[str], bool],
        forced: Collection[str],
        clock: Callable[[], datetime],
    ) -> None:
        """Take what it works with; `clients` are by account and Region, `forced` detections have a set severity."""
        self._store = store
        self._clients = clients
        self._is_stranger = is_stranger
        self._forced = forced
        self._clock = clock

    def answer(self, question: Question) -> None:
        """Look up what is asked and store the answer, unless the finding has one: the first stands."""
        stored = self._store.get(question.finding)
        if stored is None or stored.confidence is not Confidence.UNCONFIRMED:
            logger.info("Nothing is left to look up", finding=question.finding)
            return
        answer = self._placed(look_up(question, self._clients(question.account, question.region)), question.account)
        logger.info("Looked up", finding=stored.id, lookup=question.lookup, said=answer.said)
        metrics.add_metric(name=f"LookUps{answer.confidence.capitalize()}", unit=MetricUnit.Count, value=1)
        told = answered(stored, answer, question, is_forced=stored.detection in self._forced)
        if told != stored:
            self._store.upsert([_dated(told, self._clock())])

    def _placed(self, answer: Answer, account: str) -> Answer:
        """Return an answer about owners as one about strangers; among an organization's own its severity is not meant.

        Before the first inventory nobody is known, and nobody a stranger.
        """
        if not answer.owners:
            return answer
        strangers = [] if self._is_stranger(account) else [one for one in answer.owners if self._is_stranger(one)]
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
