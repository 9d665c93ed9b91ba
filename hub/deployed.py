"""Stores what is deployed, as the generator wrote it, when it is news."""

import hashlib
from pathlib import Path

import msgspec

from hub.store.deployed import Deployed, DeployedStore, Section


class Written(msgspec.Struct, frozen=True):
    """The generated file: what is deployed, its settings by section, and the file's digest."""

    deployed: Deployed
    sections: tuple[Section, ...]


def load_deployed(path: Path, archive_bucket: str = "") -> Written:
    """Return what the generated file says; where the archive is, only the stack knows."""
    body = path.read_bytes()
    written = msgspec.json.decode(body, type=Written)
    digest = hashlib.sha256(body + archive_bucket.encode()).hexdigest()[:16]
    deployed = msgspec.structs.replace(written.deployed, archive_bucket=archive_bucket, digest=digest)
    return msgspec.structs.replace(written, deployed=deployed)


def keep(written: Written, store: DeployedStore, observed_at: str) -> bool:
    """Store what is deployed unless the store has it; whether it had not."""
    known = store.read()
    if known and known.digest == written.deployed.digest:
        return False
    store.write(msgspec.structs.replace(written.deployed, at=observed_at), written.sections)
    return True
