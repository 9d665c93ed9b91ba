"""The API's routes."""

import os
from datetime import UTC, date, datetime, time
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler import Response as Answer
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.metrics import MetricUnit

from contract.clock import iso, now
from contract.finding import Severity, Workflow
from contract.names import METRICS_NAMESPACE, VERSION
from contract.settings import read_settings
from hub.api.answers import PROBLEM, Response, finished, is_json, problem, refused
from hub.api.models import (
    LONGEST_CURSOR,
    AccountId,
    Day,
    Decided,
    Health,
    Id,
    Member,
    Members,
    Overview,
    Page,
    Row,
    Whole,
)
from hub.clients import aws_client
from hub.settings import ApiSettings
from hub.store.accounts import AccountStore
from hub.store.cursor import CursorError
from hub.store.decisions import Decision
from hub.store.findings import FindingNotFoundError, FindingQuery, FindingStore, LostRaceError
from hub.store.history import HistoryStore
from hub.store.rollups import RollupStore

logger = Logger(service="api")
metrics = Metrics(namespace=METRICS_NAMESPACE, service="api")
app = APIGatewayRestResolver(enable_validation=True)

# API Gateway takes ten megabytes; nothing that is decided is longer than this.
_LONGEST_BODY = 8_192
# A role's and a session's names are 64 characters each at most.
_LONGEST_NAME = 129
# What is due later than a day of this one has no date any more.
_LAST_DAY = date(9_998, 12, 31)


@metrics.log_metrics
def answer_handler(event: dict[str, Any], context: Any) -> Response:
    """Answer a request of API Gateway's proxy integration."""
    metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
    body = event.get("body") or ""
    if len(body) > _LONGEST_BODY:
        return refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {_LONGEST_BODY} characters")
    if body and not is_json(event):
        return refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "say what the body is: Content-Type: application/json")
    is_head = event.get("httpMethod") == "HEAD"
    asked = {**event, "httpMethod": "GET"} if is_head else event
    answer = finished(asked, app.resolve(asked, context))
    return {**answer, "body": ""} if is_head else answer


@cache
def _settings() -> ApiSettings:
    return read_settings(ApiSettings, os.environ)


def _findings() -> FindingStore:
    return FindingStore(aws_client("dynamodb"), _settings().findings_table)


@app.get("/findings", summary="List findings", tags=["findings"])
def list_findings(  # noqa: PLR0913, PLR0917 - each is a filter
    severity: Annotated[list[Severity] | None, Query(description="any of these", max_length=5)] = None,
    account: Annotated[list[AccountId] | None, Query(description="any of these", max_length=50)] = None,
    detection: Annotated[list[str] | None, Query(description="any of these", max_length=50)] = None,
    region: Annotated[list[str] | None, Query(description="any of these", max_length=50)] = None,
    workflow: Annotated[list[Workflow] | None, Query(description="any of these", max_length=4)] = None,
    resource: Annotated[str, Query(max_length=2_048)] = "",
    actor: Annotated[str, Query(max_length=512)] = "",
    since: Annotated[str, Query(max_length=32, description="first seen since then, ISO 8601")] = "",
    until: Annotated[str, Query(max_length=32, description="first seen until then, ISO 8601")] = "",
    closed_on: Annotated[
        Day | None, Query(description="those that were closed on that day, UTC, in place of open ones")
    ] = None,
    cursor: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Page:
    """Return open findings, newest first, or those that were closed on a day."""
    query = FindingQuery(
        severities=tuple(severity or ()),
        accounts=tuple(account or ()),
        detections=tuple(detection or ()),
        regions=tuple(region or ()),
        workflows=tuple(workflow or ()),
        resource=resource,
        actor=actor,
        since=_moment("since", since),
        until=_moment("until", until),
        closed_on=_day("closed_on", closed_on or ""),
    )
    page = _findings().page(query, cursor, limit)
    return Page(findings=[Row.of(one) for one in page.findings], cursor=page.cursor)


@app.get("/findings/<finding_id>", summary="Show a finding", tags=["findings"])
def show_finding(finding_id: Annotated[Id, Path()]) -> Whole:
    """Return a whole finding with its evidence and what became of it."""
    finding = _findings().get(finding_id)
    if finding is None:
        raise FindingNotFoundError(finding_id)
    history = HistoryStore(aws_client("dynamodb"), _settings().state_table).of(finding_id)
    return Whole.of(finding, history)


@app.patch("/findings/<finding_id>", summary="Decide about a finding", tags=["findings"])
def decide_finding(finding_id: Annotated[Id, Path()], decided: Decided) -> Whole:
    """Resolve, suppress, reopen, assign or comment a finding, in the caller's name."""
    decision = Decision(
        by=_caller(),
        at=iso(now()),
        workflow=Workflow(decided.workflow) if decided.workflow else None,
        note=decided.reason if decided.note is None and decided.reason else decided.note,
        assignee=decided.assignee,
        suppression=decided.reason,
        until=_end(decided.until),
    )
    _findings().decide(finding_id, decision)
    return show_finding(finding_id)


@app.get("/summary", summary="Show the organization at a glance", tags=["organization"])
def summarize() -> Overview:
    """Return the counters: one read, however many findings there are."""
    return Overview.of(RollupStore(aws_client("dynamodb"), _settings().state_table).summary(now()))


@app.get("/accounts", summary="List accounts", tags=["organization"])
def list_accounts() -> Members:
    """Return the organization's accounts, also those that left."""
    accounts = AccountStore(aws_client("dynamodb"), _settings().state_table).all()
    return Members(accounts=[Member.of(one) for one in accounts])


@app.get("/health", summary="Say that the API works", tags=["operations"])
def health() -> Health:
    """Read one item, as every other answer does."""
    RollupStore(aws_client("dynamodb"), _settings().state_table).open_now()
    return Health(status="ok", version=VERSION)


class MalformedParameterError(ValueError):
    """A parameter that has the form, and still means nothing."""


class PastEndError(ValueError):
    """A suppression that would be over before it begins."""


@app.exception_handler(RequestValidationError)  # type: ignore[untyped-decorator] # Powertools has no types here
def _invalid(error: RequestValidationError) -> Answer[str]:
    """Name every field that is wrong."""
    said = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
    return _refusal(HTTPStatus.UNPROCESSABLE_ENTITY, said)


@app.exception_handler(PastEndError)  # type: ignore[untyped-decorator] # Powertools has no types here
def _ended(error: PastEndError) -> Answer[str]:
    return _refusal(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))


@app.exception_handler([CursorError, MalformedParameterError])  # type: ignore[untyped-decorator] # Powertools has no types here
def _malformed(error: Exception) -> Answer[str]:
    return _refusal(HTTPStatus.BAD_REQUEST, str(error) or "cursor: it is of another list")


@app.exception_handler(FindingNotFoundError)  # type: ignore[untyped-decorator] # Powertools has no types here
def _missing(error: FindingNotFoundError) -> Answer[str]:
    return _refusal(HTTPStatus.NOT_FOUND, f"there is no finding {error}")


@app.exception_handler(LostRaceError)  # type: ignore[untyped-decorator] # Powertools has no types here
def _raced(_error: LostRaceError) -> Answer[str]:
    return _refusal(HTTPStatus.CONFLICT, "the finding keeps changing; try again")


@app.not_found
def _no_route(_error: NotFoundError) -> Answer[str]:
    return _refusal(HTTPStatus.NOT_FOUND, "there is nothing at this path by this method")


def _refusal(status: HTTPStatus, detail: str) -> Answer[str]:
    return Answer(status_code=status.value, content_type=PROBLEM, body=problem(status, detail))


def _caller() -> str:
    """Return who calls, as IAM knows them: the ARN, where that is too long its role and session, who is the person."""
    identity = app.current_event.request_context.identity
    known = str(identity.user_arn or identity.caller or "the API")
    if len(known) <= _LONGEST_NAME:
        return known
    return known.rpartition(":")[2].removeprefix("assumed-role/")[-_LONGEST_NAME:]


def _moment(name: str, text: str) -> str:
    if not text:
        return ""
    try:
        parsed = datetime.fromisoformat(text)
        return iso(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        raise MalformedParameterError(f"{name}: {text} is no moment; write it as 2026-11-20T09:00:00Z") from error


def _day(name: str, text: str) -> str:
    try:
        day = datetime.fromisoformat(text).date() if text else None
    except ValueError as error:
        raise MalformedParameterError(f"{name}: {text} is no day") from error
    if day and day > _LAST_DAY:
        raise MalformedParameterError(f"{name}: nothing is after {_LAST_DAY}")
    return day.isoformat() if day else ""


def _end(text: str) -> str:
    """Return the last moment of a suppression's last day; `PastEndError` when it is over."""
    if not text:
        return ""
    end = iso(datetime.combine(date.fromisoformat(_day("until", text)), time.max, UTC))
    if end < iso(now()):
        raise PastEndError(f"until: {text} is over")
    return end
