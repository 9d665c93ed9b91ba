"""Systems Manager's documents, nodes and Run Command, of which MiniStack has Parameter Store and little else.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.iam_evaluator import AuthError
from ministack.core.responses import get_region, new_uuid
from ministack.core.router import extract_access_key_id
from ministack.services import ssm

from localorg import patches, resource_tags
from localorg.answers import ApiError, Response, refusal, success
from localorg.ssm import commands, documents, nodes, notices, results, steps
from localorg.ssm.documents import Body, here

Handle = Callable[..., Awaitable[Response]]
SEND = "ssm:SendCommand"


def install() -> None:
    """Answer these calls before MiniStack does."""
    handle = patches.require(ssm, "handle_request", '"SendCommand": _send_command', '"DescribeInstanceInformation"')
    patches.replace(ssm, "handle_request", _before(handle))
    patches.require(iam_evaluator, "enforce")
    patches.require(iam_actions, "access_denied_response")


def stop() -> None:
    """End the scripts that still run, and delete the nodes' directories."""
    steps.kill_all()
    nodes.SCRATCH.remove()


def _before(handle: Handle) -> Handle:
    async def handle_request(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Response:
        name = headers.get("x-amz-target", "").rpartition(".")[2]
        operation = OPERATIONS.get(name)
        if operation is None:
            return await handle(method, path, headers, body, query)
        try:
            asked = json.loads(body or b"{}")
            denied = _denial(headers, query, asked) if name == "SendCommand" else None
            return denied or success(operation(asked))
        except ApiError as error:
            return refusal(error)

    return handle_request


def _denial(headers: Mapping[str, str], query: Any, asked: Body) -> Response | None:
    """Refuse a command for an instance that the caller may send none to; the document was looked at before."""
    key = extract_access_key_id(headers, query)
    for instance in commands.instances(asked):
        arn = notices.instance_arn(here(), instance)
        tags = {f"ssm:resourcetag/{name}".lower(): value for name, value in (resource_tags.tags_of(arn) or {}).items()}
        denied = iam_evaluator.enforce(key, SEND, "ssm", get_region(), resource_arn=arn, service_context=tags)
        if denied and not isinstance(denied, AuthError):
            answer: Response = iam_actions.access_denied_response(
                "ssm",
                SEND,
                denied.principal_arn,
                new_uuid(),
                headers=headers,
                resource_arn=arn,
                explicit_deny=denied.decision == "Deny",
                resource_policy_arn=denied.resource_policy_arn,
            )
            return answer
    return None


OPERATIONS: dict[str, Callable[[Body], Body]] = {
    "CancelCommand": commands.cancel,
    "CreateDocument": documents.create,
    "DeleteDocument": documents.delete,
    "DescribeDocument": documents.describe,
    "DescribeInstanceInformation": nodes.describe,
    "GetCommandInvocation": results.get_invocation,
    "GetDocument": documents.get,
    "ListCommandInvocations": results.list_invocations,
    "ListCommands": results.list_commands,
    "ListDocuments": documents.listed,
    "SendCommand": commands.send,
    "UpdateDocument": documents.update,
    "UpdateDocumentDefaultVersion": documents.update_default,
}
