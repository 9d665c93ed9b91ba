"""A CloudTrail record as EventBridge delivers it."""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

from contract.actor import STACK_SET_ROLES, Actor, actor_of
from contract.fields import Fields, as_text, normalized
from contract.names import partition_of

_T = TypeVar("_T")

API_CALL = "AWS API Call via CloudTrail"
SIGN_IN = "AWS Console Sign In via CloudTrail"
SERVICE_EVENT = "AWS Service Event via CloudTrail"
CONSOLE_ACTION = "AWS Console Action via CloudTrail"
INSIGHT = "AWS Insight via CloudTrail"
DETAIL_TYPES = (API_CALL, SIGN_IN, SERVICE_EVENT)

_DETAIL_TYPE_OF = {
    "AwsConsoleSignIn": SIGN_IN,
    "AwsServiceEvent": SERVICE_EVENT,
    "AwsConsoleAction": CONSOLE_ACTION,
    "AwsCloudTrailInsight": INSIGHT,
}
_ABSENT_TARGET = re.compile(r"NoSuch|NotFound|DoesNotExist|Does not exist", re.IGNORECASE)
# The service was busy or somebody else was faster: neither the deed nor a refusal. A quota that is used up is one.
_TRANSIENT = re.compile(
    r"Conflict|Throttl|TooManyRequests|RequestLimitExceeded|Unavailable|InternalError|InternalFailure"
)
# Nine digits of fractions and a blank for the T are seen in records that passed through a data lake.
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:([+-]\d\d):?(\d\d))?")


class MalformedEventError(ValueError):
    """The input is not an EventBridge event that carries a CloudTrail record."""


def timestamp(value: Any) -> datetime | None:
    """Return an ISO-8601 time with any number of fraction digits as UTC, or None when it is not one."""
    match = _TIME.match(value) if isinstance(value, str) else None
    if not match:
        return None
    date, clock, fraction, hours, minutes = match.groups()
    try:
        if value[19:] == "Z":
            return datetime.fromisoformat(value)
        offset = f"{hours or '+00'}:{minutes or '00'}"
        return datetime.fromisoformat(f"{date}T{clock}.{(fraction or '0')[:6]:0<6}{offset}").astimezone(UTC)
    except ValueError:
        return None


def wrapped(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a bare CloudTrail record (a log file's) as EventBridge would deliver it."""
    fields = Fields(record)
    source = fields.text("eventSource").removesuffix(".amazonaws.com")
    kind = _DETAIL_TYPE_OF.get(fields.text("eventType"), API_CALL)
    if source == "signin" and record.get("eventName") == "ConsoleLogin":
        kind = SIGN_IN
    return {
        "version": "0",
        "id": fields.text("eventID") or _digest(record),
        "detail-type": kind,
        "source": f"aws.{source}",
        "account": fields.text("recipientAccountId") or fields.text("userIdentity.accountId"),
        "time": record.get("eventTime"),
        "region": record.get("awsRegion"),
        "resources": [],
        "detail": dict(record),
    }


def _digest(record: Mapping[str, Any]) -> str:
    try:
        written = repr(sorted(record.items(), key=str))
    except (RecursionError, ValueError):  # forged: nested beyond the stack, or numbers of thousands of digits
        written = repr(sorted(record))
    return hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()[:32]


def _may_tell_a_failure(answer: dict[str, Any]) -> bool:
    """Whether an answer is worth reading for an error: hardly any is, and every event is asked."""
    return any("error" in key.lower() or "login" in key.lower() for key in answer)


class CloudTrailEvent:
    """One recorded call: read-only, tolerant of every known rendering, and lazy where reading costs.

    Raises `MalformedEventError` when there is no record with an event source and an event name inside.
    """

    def __init__(self, envelope: Mapping[str, Any]) -> None:
        """Take an EventBridge event whose `detail` is a CloudTrail record."""
        if not isinstance(envelope, Mapping):
            raise MalformedEventError("an event must be a JSON object")
        detail = envelope.get("detail")
        if not isinstance(detail, dict):
            raise MalformedEventError("field detail must be the CloudTrail record (a JSON object)")
        for name in ("eventSource", "eventName"):
            if not isinstance(detail.get(name), str):
                raise MalformedEventError(f"field detail.{name} must be text")
        self.envelope = envelope
        self.detail = detail
        self.source: str = detail["eventSource"]
        self.name: str = detail["eventName"]
        self._read: dict[Callable[[CloudTrailEvent], Any], Any] = {}

    def once(self, read: Callable[["CloudTrailEvent"], _T]) -> _T:
        """Return what `read` makes of the event, which is read only once: several detections ask for the same."""
        if read not in self._read:
            self._read[read] = read(self)
        found: _T = self._read[read]
        return found

    @property
    def api_call(self) -> str:
        """`iam.amazonaws.com:CreateUser`."""
        return f"{self.source}:{self.name}"

    def _plain(self, name: str) -> str:
        """A field of CloudTrail's own, whose name never varies: read without tolerance, as every event needs it."""
        value = self.detail.get(name)
        if isinstance(value, str) and value.isascii():
            return value
        return as_text(value) if isinstance(value, str | int | float) else ""

    @cached_property
    def id(self) -> str:
        """CloudTrail's eventID (deliveries repeat; this does not), else the envelope's id, else a digest."""
        return self._plain("eventID") or Fields(self.envelope).text("id") or _digest(self.detail)

    @cached_property
    def record(self) -> Fields:
        """The whole record."""
        return Fields(self.detail)

    @cached_property
    def account_id(self) -> str:
        """The account in which it happened."""
        sent_by = self.envelope.get("account")
        if isinstance(sent_by, str) and sent_by:
            return as_text(sent_by)
        return self._plain("recipientAccountId") or self.record.text("userIdentity.accountId")

    @cached_property
    def region(self) -> str:
        """The Region that recorded it (global services: us-east-1 and its like)."""
        return self._plain("awsRegion") or Fields(self.envelope).text("region")

    @property
    def partition(self) -> str:
        """`aws`, `aws-us-gov` or `aws-cn`, by the Region."""
        return partition_of(self.region)

    @cached_property
    def time(self) -> datetime:
        """When the call was made, UTC; the delivery's time when the record has none, else the epoch."""
        found = timestamp(self.detail.get("eventTime")) or timestamp(self.envelope.get("time"))
        return found or datetime.fromtimestamp(0, UTC)

    @cached_property
    def actor(self) -> Actor:
        """Who called."""
        return actor_of(self.detail.get("userIdentity"), self._plain("recipientAccountId"))

    @cached_property
    def identity(self) -> Fields:
        """`userIdentity`."""
        return Fields(self.detail.get("userIdentity"))

    @cached_property
    def request(self) -> Fields:
        """`requestParameters`, without the `<Operation>Request` wrapper of newer EC2 calls."""
        return Fields(self._unwrapped("requestParameters", "request"))

    @cached_property
    def response(self) -> Fields:
        """`responseElements`, without the `<Operation>Response` wrapper of newer EC2 calls."""
        return Fields(self._unwrapped("responseElements", "response"))

    def _unwrapped(self, part: str, suffix: str) -> Any:
        value = self.detail.get(part)
        if not isinstance(value, dict):
            return {}
        name = normalized(self.name) + suffix
        inner = next((one for key, one in value.items() if normalized(key) == name), None)
        return inner if isinstance(inner, dict) else value

    @cached_property
    def error(self) -> str:
        """Why the call was refused or failed; empty when it succeeded.

        Some services write the error into responseElements (CloudTrail user guide, record contents); a failed sign-in
        is always told there.
        """
        own = self._plain("errorCode") or self._plain("errorMessage")
        if own or not self.detail.get("responseElements") or not _may_tell_a_failure(self.response.raw):
            return own
        answered = self.response.text("errorCode") or self.response.text("errorMessage")
        return answered or ("Failure" if self.response.text("ConsoleLogin") == "Failure" else "")

    @property
    def is_refused(self) -> bool:
        """Whether the call did not do what it asked for."""
        return bool(self.error)

    @property
    def is_target_absent(self) -> bool:
        """Whether the call failed because its target does not exist: not even a refusal."""
        return bool(_ABSENT_TARGET.search(self.error))

    @property
    def is_transient_failure(self) -> bool:
        """Whether the call failed for the service's own reasons, so that it says nothing about the caller's rights."""
        return bool(_TRANSIENT.search(self.error))

    @property
    def user_agent(self) -> str:
        """The caller's user agent."""
        return self._plain("userAgent")

    @property
    def source_ip(self) -> str:
        """The caller's address, or the service's name."""
        return self._plain("sourceIPAddress")

    @property
    def invoked_by(self) -> str:
        """The service that called on the actor's behalf; empty for direct calls."""
        return self.actor.invoked_by

    @property
    def is_by_service(self) -> bool:
        """Whether one of AWS's services called: for itself, or on the actor's behalf."""
        return bool(self.invoked_by) or self.actor.kind == "service-linked-role"

    @property
    def is_by_stack_set(self) -> bool:
        """Whether StackSets called: by a role whose name anybody may take, from where only CloudFormation calls."""
        caller = self.invoked_by or self.source_ip
        return caller.endswith("cloudformation.amazonaws.com") and self.actor.role.startswith(STACK_SET_ROLES)
