"""Joins what is stored of a finding with what arrives, in any order and any number of times."""

from typing import Any

import msgspec

from contract.finding import Finding, Severity
from contract.ocsf import is_ocsf
from hub.store.decisions import said_digest


class Register(msgspec.Struct, frozen=True):
    """Fields that change together: the later `version` wins; `compared` tells whether two sights say the same."""

    fields: tuple[str, ...]
    version: tuple[str, ...]
    compared: tuple[str, ...]


_SUPERSEDED = ("superseded_at", "superseded_by")
_BY_THEMSELVES = ("first_seen", "passed_at", "severity")
_DONE = ("workflow", "workflow_by", "workflow_until", "assignee", "suppression", "note", "customer")
# When and where people acted is not always known to Security Hub, so it is no part of what they did.
CUSTOMER = Register(
    fields=(*_DONE, "acted_at", "workflow_at", "is_told_here", "overruled"), version=("workflow_at",), compared=_DONE
)
# What OCSF has no word for.
_OCSF_LACKS = ("assignee", "suppression", "workflow_until", "workflow_by", "acted_at", "is_told_here", "overruled")
_SAID = tuple(
    name
    for name in Finding.__struct_fields__
    if name not in {*CUSTOMER.fields, *_SUPERSEDED, *_BY_THEMSELVES, "observed_at"}
)
PROVIDER = Register(fields=(*_SAID, "observed_at"), version=("updated_at", "observed_at"), compared=_SAID)


def merge(stored: Finding | None, incoming: Finding, *, renewing: bool = False) -> Finding | None:
    """Return what to store, or None when nothing changes.

    Registers, each the last writer's: what the provider says, by `updated_at` then `observed_at`; what people did, by
    `workflow_at`; what superseded it. Equal versions are told apart by content. `first_seen` is the earliest,
    `passed_at` the latest; the severity is the customer's, else the provider's. So what is stored is the least upper
    bound of all sights, whatever their order.

    Looking again at the same content is no change and costs no write. Then, though, a sight from between that arrives
    last would win: `renewing` keeps the later version, for sights that each tell of a change.
    """
    if stored is None:
        return incoming
    said = _later(stored, incoming, PROVIDER, renewing=renewing)
    done = _later(stored, _completed(stored, incoming), CUSTOMER, renewing=renewing)
    gone = max(stored, incoming, key=lambda one: (one.superseded_at, one.superseded_by))
    times = {
        "first_seen": min(stored.first_seen, incoming.first_seen),
        "passed_at": max(stored.passed_at, incoming.passed_at),
    }
    if said is done is gone is stored and times == _values(stored, tuple(times)):
        return None
    registers = {**_values(done, CUSTOMER.fields), **_values(gone, _SUPERSEDED), **times}
    return msgspec.structs.replace(said, **registers, severity=_severity(said, done))


def _completed(stored: Finding, incoming: Finding) -> Finding:
    """Return a sight with what it cannot know of people's decisions that were made here.

    Security Hub repeats what it said before a decision until it has heard of it, however long a queue is late. In OCSF
    it has no word for an assignee, a reason, an end or an author: they hold as long as the status does.
    """
    if not stored.is_told_here or incoming.is_told_here:
        return incoming
    if stored.overruled == said_digest(incoming):
        return msgspec.structs.replace(incoming, **_values(stored, CUSTOMER.fields))
    if not is_ocsf(incoming.source):
        return incoming
    held = _OCSF_LACKS if incoming.workflow is stored.workflow else ("assignee",)
    return msgspec.structs.replace(incoming, **_values(stored, held))


def joined(one: Finding, other: Finding) -> Finding:
    """Return two sights of one finding as one."""
    return merge(one, other, renewing=True) or one


def _later(stored: Finding, incoming: Finding, register: Register, *, renewing: bool) -> Finding:
    """Return whose register wins."""
    old, new = _content(stored, register), _content(incoming, register)
    if old == new and not renewing:
        return stored
    versions = [tuple(_values(one, register.version).values()) for one in (stored, incoming)]
    return incoming if (versions[1], new) > (versions[0], old) else stored


def _values(finding: Finding, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in names}


def _content(finding: Finding, register: Register) -> bytes:
    """Return what a sight says, as JSON, because a stored tuple comes back as a list.

    Only the severity of findings that know no other is the provider's for sure.
    """
    said = _values(finding, register.compared)
    if register is PROVIDER and finding.provider_severity is None:
        said["severity"] = finding.severity
    return msgspec.json.encode(said, order="deterministic")


def _severity(said: Finding, done: Finding) -> Severity:
    if said.provider_severity is None:
        return said.severity
    given = done.customer.get("Severity")
    label = given.get("Label") if isinstance(given, dict) else None
    return Severity.__members__.get(str(label), said.provider_severity)
