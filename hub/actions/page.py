"""The page that a link opens. Pure: it says what would happen, or what did."""

import base64
import hashlib
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.actions.token import Action

_TEMPLATES = Path(__file__).with_name("templates")


class Fact(msgspec.Struct, frozen=True):
    """A line about the finding."""

    label: str
    text: str


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked before something is done: `who`, `reason` and `until` stand in it, the days limit `until`."""

    action: Action
    token: str
    who: str
    reason: str
    until: str
    earliest: str
    latest: str


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page; `problem` is what is wrong with what was sent."""

    heading: str
    text: str
    status: HTTPStatus = HTTPStatus.OK
    title: str = ""
    facts: tuple[Fact, ...] = ()
    form: Form | None = None
    problem: str = ""
    dashboard: str = ""


def answer(page: Page) -> dict[str, Any]:
    """Return a page as API Gateway takes it. It holds no script, and is kept nowhere."""
    style = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'"
    return {
        "statusCode": page.status.value,
        "headers": {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": f"{policy}; frame-ancestors 'none'",
            "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "X-Robots-Tag": "noindex, nofollow",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        },
        "body": _environment().get_template("page.html").render(page=page, style=style),
        "isBase64Encoded": False,
    }


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
