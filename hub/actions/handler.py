"""What a link in a message does: opening it shows what would happen, sending its form does it."""

import base64
import os
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import iso, now
from contract.finding import Finding, Status, Workflow
from contract.links import finding_address
from contract.names import METRICS_NAMESPACE
from contract.settings import read_settings
from hub.actions.page import Fact, Form, Page, answer
from hub.actions.token import Action, ExpiredTokenError, Grant, TokenError, Tokens, keys_of
from hub.channels.secrets import Secrets
from hub.clients import aws_client
from hub.notifier.compose import account_name, moment_text
from hub.notifier.texts import one_line
from hub.settings import ActionsSettings
from hub.store.accounts import Account, AccountStore
from hub.store.decisions import Decision
from hub.store.findings import FindingNotFoundError, FindingStore, LostRaceError

# What a token grants is said only where it was made here: everything else gets one of these, and not which finding.
_TOO_OLD = Page(
    status=HTTPStatus.GONE,
    heading="This link is too old",
    text="Nothing was changed. Open the finding in Muster, or wait for the next message about it.",
)
_FOREIGN = Page(
    status=HTTPStatus.FORBIDDEN,
    heading="This link does not work",
    text="It was not made here, or is not whole. Nothing was changed. Open it from the message again.",
)
_GONE = Page(
    status=HTTPStatus.NOT_FOUND,
    heading="The finding is gone",
    text="It was archived a long time after it was closed.",
)
_CHANGING = Page(
    status=HTTPStatus.CONFLICT,
    heading="Somebody else was faster",
    text="The finding changed at this moment, and your decision was not taken. Go back and load the page again.",
)
_UNREADABLE = Page(
    status=HTTPStatus.BAD_REQUEST,
    heading="This cannot be read",
    text="Only the form of the page that the link opens is taken here. Nothing was changed.",
)

logger = Logger(service="actions")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="actions")

# API Gateway takes ten megabytes; no form here is longer than this, as it is sent.
_LONGEST_BODY = 8_192
_FORM = "application/x-www-form-urlencoded"
_WHO, _REASON, _BY = 80, 400, 128
_USUAL_DAYS, _MOST_DAYS = 30, 365


@metrics.log_metrics
def act_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer a request of API Gateway's proxy integration with a page."""
    metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
    if event.get("httpMethod") != "POST":
        return answer(_desk().show(str((event.get("queryStringParameters") or {}).get("token", ""))))
    body = str(event.get("body") or "")
    if _content_type(event) != _FORM or len(body) > _LONGEST_BODY:
        return answer(_UNREADABLE)
    try:
        sent = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except ValueError:
        return answer(_UNREADABLE)
    return answer(_desk().act(_fields(sent)))


@cache
def _desk() -> "Desk":
    settings, client = read_settings(ActionsSettings, os.environ), aws_client("dynamodb")
    secrets = Secrets(aws_client("secretsmanager"), now)
    return Desk(
        lambda: Tokens(keys_of(secrets, settings.action_secret), settings.action_days),
        FindingStore(client, settings.findings_table),
        AccountStore(client, settings.state_table).get,
        settings.dashboard_url,
        now,
    )


def _content_type(event: Mapping[str, Any]) -> str:
    headers = event.get("headers") or {}
    said = next((str(value) for name, value in headers.items() if name.lower() == "content-type"), "")
    return said.partition(";")[0].strip().lower()


def _fields(body: bytes) -> dict[str, str]:
    return {name: values[-1].strip() for name, values in parse_qs(body.decode(errors="replace")).items()}


class Desk:
    """Shows and does what a token grants."""

    def __init__(
        self,
        tokens: Callable[[], Tokens],
        findings: FindingStore,
        account: Callable[[str], Account | None],
        dashboard: str,
        clock: Callable[[], datetime],
    ) -> None:
        """Take what reads tokens, the stores, the dashboard's address (empty: none), and a clock."""
        self._tokens = tokens
        self._findings = findings
        self._account = account
        self._dashboard = dashboard
        self._clock = clock

    def show(self, token: str) -> Page:
        """Return the page that says what would happen; nothing changes, whoever looks and however often."""
        return self._with_grant(token, lambda grant, finding: self._asking(grant, finding, {"token": token}))

    def act(self, form: Mapping[str, str]) -> Page:
        """Do what the token of a form grants, and return the page that says so."""
        return self._with_grant(form.get("token", ""), lambda grant, finding: self._done(grant, finding, form))

    def _with_grant(self, token: str, then: Callable[[Grant, Finding], Page]) -> Page:
        try:
            grant = self._tokens().grant(token)
        except ExpiredTokenError:
            return _TOO_OLD
        except TokenError:
            return _FOREIGN
        finding = self._findings.get(grant.finding)
        if finding is None:
            return _GONE
        if done := _already(grant, finding):
            return self._page(finding, "Nothing to do", done)
        return then(grant, finding)

    def _asking(self, grant: Grant, finding: Finding, form: Mapping[str, str], problem: str = "") -> Page:
        """Return the page with the form; what was sent with a problem need not be written again."""
        today = self._clock().date()
        asked = Form(
            action=grant.action,
            token=form.get("token", ""),
            who=one_line(form.get("who", ""), _WHO),
            reason=one_line(form.get("reason", ""), _REASON),
            until=self._until(form.get("until", "")) or (today + timedelta(days=_USUAL_DAYS)).isoformat(),
            earliest=(today + timedelta(days=1)).isoformat(),
            latest=(today + timedelta(days=_MOST_DAYS)).isoformat(),
        )
        status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
        if grant.action is Action.ACKNOWLEDGE:
            text = "You say that you look after it: it stays open, and nobody is called about it again."
            return self._page(finding, "Acknowledge this finding?", text, asked, problem, status)
        text = "You accept it until the end of a day: nobody hears of it before, and then it opens again."
        return self._page(finding, "Suppress this finding?", text, asked, problem, status)

    def _done(self, grant: Grant, finding: Finding, form: Mapping[str, str]) -> Page:
        who = one_line(form.get("who", ""), _WHO)
        reason = one_line(form.get("reason", ""), _REASON)
        until = self._until(form.get("until", ""))
        is_suppressing = grant.action is Action.SUPPRESS
        if problem := _lacking(who, reason, until, is_suppressing=is_suppressing):
            return self._asking(grant, finding, form, problem)
        # How it came about stands first: no name that somebody gives can push it out or look like it.
        by = one_line(f"link to {grant.target}: {who}", _BY)
        if is_suppressing:
            ends = iso(datetime.combine(date.fromisoformat(until), time.max, UTC))
            decision = Decision(
                by=by, at=iso(self._clock()), workflow=Workflow.SUPPRESSED, note=reason, suppression=reason, until=ends
            )
            text = f"{who} accepts it until the end of {until}."
        else:
            decision = Decision(by=by, at=iso(self._clock()), workflow=Workflow.NOTIFIED)
            text = f"{who} looks after it. It stays open until it is resolved."
        try:
            changed = self._findings.decide(finding.id, decision)
        except FindingNotFoundError:
            return _GONE
        except LostRaceError:
            return _CHANGING
        if changed.workflow_by != by:
            return _CHANGING
        logger.info("A link acted", action=grant.action.value, finding=finding.id, target=grant.target)
        metrics.add_metric(name="LinksUsed", unit=MetricUnit.Count, value=1)
        return self._page(changed, "Suppressed" if is_suppressing else "Acknowledged", text)

    def _until(self, text: str) -> str:
        """Return a day as it stands; empty when it is none, is over, or too far away."""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return ""
        today = self._clock().date()
        return text if today < day <= today + timedelta(days=_MOST_DAYS) else ""

    def _page(  # noqa: PLR0913, PLR0917 - a page is this list
        self,
        finding: Finding,
        heading: str,
        text: str,
        form: Form | None = None,
        problem: str = "",
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Page:
        name = account_name(finding.account, self._account(finding.account))
        facts = {
            "Severity": finding.severity.value,
            "Account": f"{name} ({finding.account})" if name != finding.account else name,
            "Region": finding.region,
            "Resource": finding.resource,
            "Who": finding.actor,
            "First seen": moment_text(finding.first_seen),
        }
        page = f"{self._dashboard.rstrip('/')}/{finding_address(finding.id)}" if self._dashboard else ""
        return Page(
            heading=heading,
            text=text,
            status=status,
            title=one_line(finding.title, 300),
            facts=tuple(Fact(label, one_line(said)) for label, said in facts.items() if said),
            form=form,
            problem=problem,
            dashboard=page,
        )


def _already(grant: Grant, finding: Finding) -> str:
    """Return why there is nothing to do; empty when there is."""
    if finding.is_open:
        is_done = grant.action is Action.ACKNOWLEDGE and finding.workflow is Workflow.NOTIFIED
        return f"It was acknowledged already{_whose(finding)}." if is_done else ""
    if finding.status is Status.SUPPRESSED:
        until = f", until the end of {finding.workflow_until[:10]}" if finding.workflow_until else ""
        return f"It was suppressed already{_whose(finding)}{until}."
    if finding.status is Status.RESOLVED and finding.workflow is Workflow.RESOLVED:
        return f"It was resolved{_whose(finding)}."
    return "It is closed: whoever found it does not see it any more."


def _whose(finding: Finding) -> str:
    """Return who acted on a finding and when, as far as either is known."""
    when = moment_text(finding.acted_at or finding.workflow_at)
    by = f" by {one_line(finding.workflow_by, _BY)}" if finding.workflow_by else ""
    return f"{by} at {when}" if when else by


def _lacking(who: str, reason: str, until: str, *, is_suppressing: bool) -> str:
    if not who:
        return "Say who you are."
    if is_suppressing and not reason:
        return "Say why this is accepted."
    return f"Give a day from tomorrow on, within {_MOST_DAYS} days." if is_suppressing and not until else ""
