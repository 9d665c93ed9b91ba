"""A finding's full document, compressed with a dictionary of what findings say."""

import zlib
from typing import Any

import msgspec

from contract import asff, ocsf
from contract.clock import EPOCH
from contract.finding import Finding, Mode, RecordState, Workflow
from hub.store import dictionaries

# One that is in use never changes: a new one joins it.
_DICTIONARIES = {zlib.adler32(one): one for one in (dictionaries.OURS, dictionaries.ASFF)}


class Beside(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the document of one of Security Hub's findings does not tell, or not as people here changed it since."""

    first_seen: str = EPOCH
    observed_at: str = EPOCH
    passed_at: str = EPOCH
    superseded_at: str = EPOCH
    superseded_by: str = ""
    mode: Mode = Mode.LIVE
    workflow: Workflow = Workflow.NEW
    workflow_at: str = EPOCH
    workflow_by: str = ""
    workflow_until: str = ""
    acted_at: str = ""
    is_told_here: bool = False
    overruled: str = ""
    assignee: str = ""
    suppression: str = ""
    note: str = ""
    customer: dict[str, Any] = {}


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of Security Hub's findings: what its provider wrote, and what is known beside it.

    `is_stale`: the provider forgot it, which its last document cannot say.
    """

    beside: Beside
    source: dict[str, Any]
    is_stale: bool = False


def packed(finding: Finding) -> bytes:
    """Return the finding as compressed JSON, without what can be read from Security Hub's document again."""
    if finding.source:
        beside = Beside(**{name: getattr(finding, name) for name in Beside.__struct_fields__})
        is_stale = finding.record_state is RecordState.STALE
        return _compressed(Document(beside, finding.source, is_stale), dictionaries.ASFF)
    return _compressed(finding, dictionaries.OURS)


def unpacked(body: bytes) -> Finding:
    """Return the finding that `packed` packed; a damaged body raises `zlib.error` or `msgspec.ValidationError`.

    The stream names its dictionary by Adler-32 in bytes 2 to 5 (RFC 1950, DICTID).
    """
    dictionary = _DICTIONARIES.get(int.from_bytes(body[2:6]), b"")
    written = zlib.decompressobj(zdict=dictionary).decompress(body)
    if dictionary is not dictionaries.ASFF:
        return msgspec.json.decode(written, type=Finding)
    document = msgspec.json.decode(written, type=Document)
    given = {**document.source, **document.beside.customer}
    read = ocsf.finding_of if ocsf.is_ocsf(given) else asff.finding_of
    said = read(given, document.beside.observed_at)
    state = RecordState.STALE if document.is_stale else said.record_state
    return msgspec.structs.replace(said, **msgspec.structs.asdict(document.beside), record_state=state)


def _compressed(value: msgspec.Struct, dictionary: bytes) -> bytes:
    compressor = zlib.compressobj(9, zdict=dictionary)
    return compressor.compress(msgspec.json.encode(value)) + compressor.flush()
