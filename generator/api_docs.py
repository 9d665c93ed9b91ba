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
    "Version 4 for `execute-api`; IAM decides who may call which method and path."
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
