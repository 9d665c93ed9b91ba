"""The hub's API in place of its tables: what it answers, signed with the caller's own credentials."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from urllib3.exceptions import HTTPError

from contract.finding import Finding, Workflow
from dashboard.deeds import LONGEST_NOTE
from dashboard.problems import GONE, RACED, DataError
from hub.store.accounts import Account
from hub.store.decisions import Decision
from hub.store.history import Entry
from hub.store.query import FindingQuery, Page
from hub.store.rollups import Summary

# What the API takes at most.
_LARGEST_PAGE, _MOST_VALUES = 100, 50
_TIMEOUT = urllib3.Timeout(connect=3, read=30)
_ON_TABLES = "Open the dashboard on the hub's tables instead: start it without --api."
_NOT_ALLOWED = "Use credentials that may call the API (execute-api:Invoke on GET, and on PATCH to decide)."
_REFUSED = "Look at the API's log group, or start the dashboard without --api."


class NotAnsweredError(DataError):
    """Something that the API does not tell."""

    def __init__(self, what: str) -> None:
        """Name it, and where it is told."""
        super().__init__(f"the API does not tell {what}", _ON_TABLES)


class Api:
    """Reads and decisions over HTTPS; as the stores do, where the API can."""

    def __init__(self, address: str, region: str, credentials: Credentials, pool: urllib3.PoolManager) -> None:
        """Take the API's address with its stage, as the hub's output `ApiUrl` has it."""
        self.address = address.rstrip("/")
        self._region = region
        self._credentials = credentials
        self._pool = pool

    def accounts(self) -> list[Account]:
        """Return the organization's accounts."""
        return [msgspec.convert(one, Account) for one in self._call("GET", "/accounts")["accounts"]]

    def summary(self) -> Summary:
        """Return the organization at a glance."""
        return msgspec.convert(self._call("GET", "/summary"), Summary)

    def page(self, query: FindingQuery, cursor: str | None, limit: int) -> Page:
        """Return a page of a list. Of more accounts than one request may name, the page is picked here."""
        if query.due_on:
            raise NotAnsweredError("what is due for the archive, by which closed findings are listed")
        if query.oldest_first:
            raise NotAnsweredError("which findings are the oldest")
        asked = {
            "severity": query.severities,
            "account": query.accounts if len(query.accounts) <= _MOST_VALUES else (),
            "detection": query.detections,
            "region": query.regions,
            "workflow": query.workflows,
            "resource": query.resource,
            "actor": query.actor,
            "since": query.since,
            "until": query.until,
            "closed_on": query.closed_on,
            "cursor": cursor or "",
            "limit": str(min(limit, _LARGEST_PAGE)),
        }
        answer = self._call("GET", "/findings", {name: value for name, value in asked.items() if value})
        rows = [_row(one) for one in answer["findings"]]
        found = [one for one in rows if not query.accounts or one.account in query.accounts]
        return Page(tuple(found), answer["cursor"])

    def get(self, finding: str) -> Finding | None:
        """Return a whole finding; None when there is none of that id."""
        answer = self._whole(finding)
        return msgspec.convert(answer["finding"], Finding) if answer else None

    def history(self, finding: str) -> list[Entry]:
        """Return what became of a finding, oldest first."""
        answer = self._whole(finding)
        return [msgspec.convert(one, Entry) for one in answer["history"]] if answer else []

    def decide(self, finding: str, decision: Decision) -> Finding:
        """Decide about a finding. The API remembers its caller, a role perhaps: the note begins with who decides."""
        note = f"{decision.by}: {decision.note or decision.workflow}" if decision.by else decision.note
        if note and len(note) > LONGEST_NOTE:
            room = LONGEST_NOTE - len(f"{decision.by}: ")
            raise DataError(f"the note is too long: beside who decides {room} characters fit", "Shorten it.")
        said = {
            "workflow": decision.workflow.value if decision.workflow else None,
            "note": note or None,
            "assignee": decision.assignee,
            "reason": decision.suppression if decision.workflow is Workflow.SUPPRESSED else None,
            "until": decision.until[:10] or None,
        }
        body = {name: value for name, value in said.items() if value is not None}
        answer = self._call("PATCH", f"/findings/{quote(finding, safe='')}", body=body)
        return msgspec.convert(answer["finding"], Finding)

    def _whole(self, finding: str) -> Any:
        return self._call("GET", f"/findings/{quote(finding, safe='')}", missing_is_none=True)

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | Sequence[str]] | None = None,
        body: Mapping[str, Any] | None = None,
        *,
        missing_is_none: bool = False,
    ) -> Any:
        # Spaces as %20, as signatures want them.
        asked = urlencode(query or {}, doseq=True, quote_via=quote)
        url = f"{self.address}{path}{'?' if asked else ''}{asked}"
        headers, sent = self._signed(method, url, json.dumps(body) if body is not None else None)
        try:
            answer = self._pool.request(method, url, body=sent, headers=headers, timeout=_TIMEOUT, redirect=False)
        except HTTPError as error:
            raise DataError(f"{self.address}: {error}", "Check the address after --api, and the network.") from error
        if answer.status == HTTPStatus.NOT_FOUND and missing_is_none:
            return None
        if answer.status != HTTPStatus.OK:
            raise DataError(f"the API answered {answer.status}: {_detail(answer.data)}", _mend(answer.status))
        return json.loads(answer.data)

    def _signed(self, method: str, url: str, body: str | None) -> tuple[dict[str, str], str | None]:
        request = AWSRequest(method, url, data=body, headers={"Content-Type": "application/json"} if body else {})
        SigV4Auth(self._credentials, "execute-api", self._region).add_auth(request)
        return dict(request.headers.items()), body


def _mend(status: int) -> str:
    known: dict[int, str] = {
        HTTPStatus.FORBIDDEN: _NOT_ALLOWED,
        HTTPStatus.NOT_FOUND: GONE,
        HTTPStatus.CONFLICT: RACED,
    }
    return known.get(status, _REFUSED)


def _row(told: Mapping[str, Any]) -> Finding:
    """Return a listed finding; its status was derived from fields that lists do not have."""
    return msgspec.convert({name: value for name, value in told.items() if name != "status"}, Finding)


def _detail(body: bytes) -> str:
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode(errors="replace")
