"""APIs that API Gateway serves."""

from contract.cloudtrail import CloudTrailEvent
from contract.fields import Fields
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection

_APIS = "arn:{partition}:apigateway:{region}::"


# Of a WebSocket API only the way in can ask who comes; the routes of its messages cannot.
_WAYS_IN = {"$connect", "$default"}


def _method(event: CloudTrailEvent) -> Fields:
    """The method or route that was put; some calls wrap it."""
    wrapped = event.request.objects(f"{event.name}Input")
    return wrapped[0] if wrapped else event.request


def _is_left_out(event: CloudTrailEvent, route: str) -> bool:
    """Whether it cannot or need not ask: a preflight, or a message of a WebSocket; others name a method and a path."""
    is_preflight = "OPTIONS" in event.request.text("httpMethod") or route.startswith("OPTIONS")
    return is_preflight or (bool(route) and " " not in route and route not in _WAYS_IN)


@detection(
    title="A method or route of API {resource} of account {account} asks nobody who they are ({eventName})",
    severity=Severity.LOW,
    api_calls=calls("apigateway", "PutMethod", "CreateRoute", "UpdateRoute"),
    resource=ResourceArn(
        _APIS + "/restapis/{id}",
        ("requestParameters.restApiId",),
        fallback=ResourceArn(_APIS + "/apis/{id}", ("requestParameters.apiId",)),
    ),
    attack="T1190",
)
def unauthenticated(event: CloudTrailEvent) -> bool:
    """Anyone on the Internet may call it: no authorizer, no IAM, no API key. Preflight (`OPTIONS`) is not meant.

    False positives: health checks, webhooks that check a signature themselves, private APIs.
    Response: ask the API's owner; otherwise set an authorizer or `AWS_IAM` on the method and deploy the stage again (an
    API serves the old setting until then), and read the stage's access log for callers since.
    """
    method = _method(event)
    # A new route asks nobody unless its call says otherwise.
    usual = "NONE" if event.name == "CreateRoute" else ""
    is_open = method.text("authorizationType", usual) == "NONE" and not method.is_true("apiKeyRequired")
    return is_open and not _is_left_out(event, method.text("routeKey"))
