"""Asks Security Hub for findings, in either of its generations, as slowly as it wants to be asked."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from contract.clock import EPOCH, iso
from contract.cloudtrail import timestamp
from contract.fields import Fields
from contract.finding import Finding

# GetFindings: a hundred findings a page, twenty values a filter, three requests a second (Security Hub's quotas).
_PAGE = 100
_VALUES = 20
_SECONDS = 1 / 3
_ATTEMPTS = 8
_LONGEST_WAIT = 30
LONGEST_BACK_OFF = sum(min(2**attempt, _LONGEST_WAIT) for attempt in range(_ATTEMPTS))  # seconds
_EQUALS = "EQUALS"


class Page(msgspec.Struct, frozen=True):
    """Findings as documents, when they were asked for, and when the newest was updated (`contract.clock.iso` text)."""

    documents: list[Mapping[str, Any]]
    asked_at: str
    reached: str
    is_last: bool


class Reader:
    """Security Hub in the hub's account and Region, which sees its members and the linked Regions."""

    _UPDATED = "UpdatedAt"

    def __init__(
        self,
        client: Any,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take its client."""
        self._client = client
        self._clock = clock
        self._sleep = sleep
        self._asked: datetime | None = None

    def changed(self, since: str, until: str, *, is_active: bool) -> Iterator[Page]:
        """Yield the findings that were updated in a span, oldest first; `is_active`: only those not archived."""
        filters: dict[str, Any] = {"UpdatedAt": [{"Start": since, "End": until}]}
        if is_active:
            filters["RecordState"] = [{"Value": "ACTIVE", "Comparison": _EQUALS}]
        yield from self._pages(filters, [{"Field": "UpdatedAt", "SortOrder": "asc"}])

    def known(self, findings: Iterable[Finding]) -> Iterator[Page]:
        """Yield those of the findings that Security Hub still has."""
        names = list({one.source_id for one in findings})
        for start in range(0, len(names), _VALUES):
            values = [{"Value": name, "Comparison": _EQUALS} for name in names[start : start + _VALUES]]
            yield from self._pages({"Id": values}, [])

    def _pages(self, filters: Any, order: list[dict[str, str]]) -> Iterator[Page]:
        yield from self._walk(self._client.get_findings, {"Filters": filters, "SortCriteria": order})

    def _walk(self, call: Callable[..., Any], asked: Mapping[str, Any]) -> Iterator[Page]:
        token: dict[str, str] = {}
        while True:
            asked_at, answer = self._answer(lambda: call(**asked, **token, MaxResults=_PAGE))  # noqa: B023 - called at once
            found = answer["Findings"]
            is_last = not answer.get("NextToken")
            yield Page(found, asked_at, max([EPOCH, *map(self._updated, found)]), is_last)
            if is_last:
                return
            token = {"NextToken": answer["NextToken"]}

    def _updated(self, document: Mapping[str, Any]) -> str:
        moment = timestamp(Fields(dict(document)).text(self._UPDATED))
        return iso(moment) if moment else EPOCH

    def _answer(self, call: Callable[[], Any]) -> tuple[str, Any]:
        """Ask in turn, and again after longer and longer waits while Security Hub says that it is asked too often."""
        for attempt in range(_ATTEMPTS):
            asked_at = self._in_turn()
            try:
                return asked_at, call()
            except self._client.exceptions.ClientError as error:
                if error.response["Error"]["Code"] not in {"TooManyRequestsException", "ThrottlingException"}:
                    raise
                self._sleep(min(2**attempt, _LONGEST_WAIT))
        return self._in_turn(), call()

    def _in_turn(self) -> str:
        """Wait for the next turn; return the moment."""
        if self._asked:
            self._sleep(max(0.0, _SECONDS - (self._clock() - self._asked).total_seconds()))
        self._asked = self._clock()
        return iso(self._asked)


class ReaderV2(Reader):
    """The new Security Hub, which says OCSF."""

    _UPDATED = "finding_info.modified_time_dt"

    def changed(self, since: str, until: str, *, is_active: bool) -> Iterator[Page]:
        """Yield the findings that were updated in a span, oldest first; closed ones are there for 14 days only."""
        dates = [{"FieldName": self._UPDATED, "Filter": {"Start": since, "End": until}}]
        order = [{"Field": self._UPDATED, "SortOrder": "asc"}]
        for page in self._walk_v2([{"DateFilters": dates}], order):
            kept = [one for one in page.documents if not is_active or one.get("activity_name") != "Close"]
            yield msgspec.structs.replace(page, documents=kept)

    def known(self, findings: Iterable[Finding]) -> Iterator[Page]:
        """Yield those of the findings that Security Hub still has."""
        names = list({one.source_id for one in findings})
        for start in range(0, len(names), _VALUES):
            wanted = names[start : start + _VALUES]
            texts = [
                {"FieldName": "finding_info.uid", "Filter": {"Value": one, "Comparison": _EQUALS}} for one in wanted
            ]
            yield from self._walk_v2([{"StringFilters": texts, "Operator": "OR"}], [])

    def _walk_v2(self, filters: list[dict[str, Any]], order: list[dict[str, str]]) -> Iterator[Page]:
        asked = {"Filters": {"CompositeFilters": filters, "CompositeOperator": "AND"}, "SortCriteria": order}
        yield from self._walk(self._client.get_findings_v2, asked)
