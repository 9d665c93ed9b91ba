"""The API's OpenAPI document, as its models say it is."""

import json
from typing import Any

from contract.names import VERSION
from hub.api.answers import PROBLEM
from hub.api.handler import app
from hub.api.models import Problem

_REFUSALS = {
    "400": "A parameter means nothing.",
    "403": "The caller may not do this, or the request is not signed.",
    "404": "There is no such thing.",
    "409": "The finding keeps changing.",
    "413": "The body is too long.",
    "415": "The body is not said to be JSON.",
    "422": "A parameter or the body has another form; `detail` names each field.",
    "429": "Too many requests.",
}
_DESCRIPTION = (
    "Findings of a whole AWS Organization, and what people decide about them. Requests are signed with AWS Signature "
    "Version 4 for `execute-api`; IAM decides who may call which method and path. Links in messages (`/actions`) carry "
    "their own signature."
)


def openapi() -> str:
    """Return the document as JSON, with every refusal as a problem (RFC 9457)."""
    document: dict[str, Any] = json.loads(
        app.get_openapi_json_schema(title="Muster", version=VERSION, description=_DESCRIPTION)
    )
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"] |= {status: _refusal(text) for status, text in _REFUSALS.items()}
    document["paths"]["/actions"] = _LINKS
    document["servers"] = [{"url": "https://{api}.execute-api.{region}.amazonaws.com/v1", "variables": _VARIABLES}]
    document["components"]["securitySchemes"] = {"sigv4": _SIGV4}
    document["security"] = [{"sigv4": []}]
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


_VARIABLES = {
    "api": {"default": "api-id", "description": "the id in the hub stack's output ApiUrl"},
    "region": {"default": "eu-central-1", "description": "the hub's home Region"},
}
_SIGV4 = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "description": "AWS Signature Version 4",
    "x-amazon-apigateway-authtype": "awsSigv4",
}


def _refusal(text: str) -> dict[str, Any]:
    return {"description": text, "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _page(text: str) -> dict[str, Any]:
    return {"description": text, "content": {"text/html": {"schema": {"type": "string"}}}}


_NO_LINK = {
    "403": _page("The token was not made here, or is not whole."),
    "404": _page("The finding was archived a long time after it was closed."),
    "410": _page("The token is too old."),
    "429": _refusal(_REFUSALS["429"]),
}
_TOKEN = {"type": "string", "description": "what the link grants: one decision about one finding, for some days"}
_FORM = {
    "type": "object",
    "required": ["token", "who"],
    "properties": {
        "token": _TOKEN,
        "who": {"type": "string", "maxLength": 80, "description": "who decides, in their own words"},
        "reason": {"type": "string", "maxLength": 400, "description": "why it is accepted; to suppress"},
        "until": {"type": "string", "format": "date", "description": "its last day, within a year; to suppress"},
    },
}
_LINKS = {
    "get": {
        "summary": "Show what a link in a message would do",
        "description": "A page with a form, for people. It changes nothing. Only with `web.action_links`.",
        "operationId": "show_link",
        "tags": ["links"],
        "security": [],
        "parameters": [{"name": "token", "in": "query", "required": True, "schema": _TOKEN}],
        "responses": {
            "200": _page("The finding, and what would become of it, or why there is nothing to do."),
            **_NO_LINK,
        },
    },
    "post": {
        "summary": "Do what a link in a message grants",
        "description": "Takes the form of that page. Only with `web.action_links`.",
        "operationId": "follow_link",
        "tags": ["links"],
        "security": [],
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": _FORM}}},
        "responses": {
            "200": _page("It is done, or was done before."),
            "400": _page("The body is no such form, or too long."),
            **_NO_LINK,
            "409": _page("The finding changed at the same moment."),
            "422": _page("The form once more, with what lacks."),
        },
    },
}
