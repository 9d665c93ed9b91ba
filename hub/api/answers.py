"""What every answer of the API carries, and how it says no."""

import hashlib
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

PROBLEM = "application/problem+json"
# OWASP, "HTTP Security Response Headers Cheat Sheet"; nothing here is a page.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
# An answer is somebody's own, and may be shown again for a moment.
_FRESH, _NEVER = "private, max-age=10", "no-store"
Response = dict[str, Any]


def problem(status: int, detail: str) -> str:
    """Return the body of a refusal (RFC 9457)."""
    return json.dumps({"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail})


def finished(event: Mapping[str, Any], response: Response) -> Response:
    """Return an answer with the headers that all have; one that the caller knows already is empty."""
    status, is_read = response["statusCode"], event.get("httpMethod") in {"GET", "HEAD"}
    is_kept = is_read and status == HTTPStatus.OK
    given = {name: values[-1] for name, values in (response.get("multiValueHeaders") or {}).items() if values}
    headers = {**given, **HEADERS, "Cache-Control": _FRESH if is_kept else _NEVER}
    if status >= HTTPStatus.BAD_REQUEST and headers.get("Content-Type") != PROBLEM:
        headers["Content-Type"] = PROBLEM
        response = {**response, "body": problem(status, _said(response.get("body")))}
    if not is_kept:
        return _answer(response, headers)
    tag = f'"{hashlib.sha256(str(response.get("body")).encode()).hexdigest()[:32]}"'
    headers["ETag"] = tag
    known = {one.strip().removeprefix("W/") for one in _header(event, "if-none-match").split(",")}
    if tag in known or "*" in known:
        return _answer({**response, "statusCode": HTTPStatus.NOT_MODIFIED.value, "body": ""}, headers)
    return _answer(response, headers)


def refused(status: HTTPStatus, detail: str) -> Response:
    """Return the answer to a request that no route sees."""
    headers = {**HEADERS, "Content-Type": PROBLEM, "Cache-Control": _NEVER}
    return _answer({"statusCode": status.value, "body": problem(status, detail)}, headers)


def is_json(event: Mapping[str, Any]) -> bool:
    """Whether a request says that its body is JSON."""
    return _header(event, "content-type").partition(";")[0].strip().lower() == "application/json"


def _answer(response: Response, headers: Mapping[str, str]) -> Response:
    body, is_encoded = response.get("body") or "", bool(response.get("isBase64Encoded"))
    return {
        "statusCode": int(response["statusCode"]),
        "headers": dict(headers),
        "body": body,
        "isBase64Encoded": is_encoded,
    }


def _header(event: Mapping[str, Any], name: str) -> str:
    headers = event.get("headers") or {}
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")


def _said(body: Any) -> str:
    """Return what a refusal of the resolver's own says."""
    try:
        said = json.loads(body or "{}")
    except ValueError:
        return str(body)
    return str(said.get("message", "")) if isinstance(said, dict) else str(said)
