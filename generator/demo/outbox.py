"""The demo's emails as files that a mail client and a browser open."""

import email
import email.policy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write_outbox(emails: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Write each email as `<number>-<subject>.eml`, and its HTML part beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for number, one in enumerate(emails, start=1):
        message = email.message_from_string(one["raw"], policy=email.policy.default)
        stem = f"{number:03d}-{_slug(str(message['subject']))}"
        (folder / f"{stem}.eml").write_text(one["raw"])
        body = message.get_body(("html",))
        if body is not None:
            (folder / f"{stem}.html").write_text(body.get_content())


def _slug(subject: str) -> str:
    words = "".join(character if character.isalnum() else " " for character in subject.lower()).split()
    return "-".join(words)[:60].rstrip("-")
