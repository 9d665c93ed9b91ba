"""Joins what is stored of a finding with what arrives, in any order and any number of times."""

from collections.abc import Callable

import msgspec

from contract.finding import Finding

_CUSTOMER = ("workflow", "workflow_by", "note")
_VERSIONS = ("first_seen", "observed_at", "workflow_at")
_PROVIDER = tuple(name for name in Finding.__struct_fields__ if name not in {*_CUSTOMER, *_VERSIONS})


def merge(stored: Finding | None, incoming: Finding) -> Finding | None:
    """Return what to store, or None when nothing changes.

    Two last-writer-wins registers: what the provider says, by `updated_at` then `observed_at`, and what people did, by
    `workflow_at`; equal versions are told apart by content. `first_seen` is the earliest.
    """
    if stored is None:
        return incoming
    said = _later(stored, incoming, _PROVIDER, lambda one: (one.updated_at, one.observed_at))
    done = _later(stored, incoming, _CUSTOMER, lambda one: (one.workflow_at,))
    first_seen = min(stored.first_seen, incoming.first_seen)
    if said is stored and done is stored and first_seen == stored.first_seen:
        return None
    return msgspec.structs.replace(
        said,
        workflow=done.workflow,
        workflow_by=done.workflow_by,
        workflow_at=done.workflow_at,
        note=done.note,
        first_seen=first_seen,
    )


def joined(one: Finding, other: Finding) -> Finding:
    """Return two sights of one finding as one."""
    return merge(one, other) or one


def _later(
    stored: Finding, incoming: Finding, fields: tuple[str, ...], version: Callable[[Finding], tuple[str, ...]]
) -> Finding:
    """Return whose register wins. The same content seen again does not renew its time, so it costs no write."""
    old, new = _content(stored, fields), _content(incoming, fields)
    if old == new:
        return stored
    return incoming if (version(incoming), new) > (version(stored), old) else stored


def _content(finding: Finding, fields: tuple[str, ...]) -> bytes:
    # As JSON, because a stored tuple comes back as a list.
    return msgspec.json.encode([getattr(finding, name) for name in fields], order="deterministic")
