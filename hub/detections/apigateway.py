"""APIs that API Gateway serves."""

from contract.cloudtrail import CloudTrailEvent
from contract.fields import Fields
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection

_APIS = "arn:{partition}:apigateway:{region}::"


def _method(event: CloudTrailEvent) -> Fields:
    """The method or route that was put; REST APIs' calls wrap it."""
    wrapped = event.request.objects("putMethodInput")
    return wrapped[0] if wrapped else event.request


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
    is_preflight = "OPTIONS" in event.request.text("httpMethod") or event.request.text("routeKey").startswith("OPTIONS")
    method = _method(event)
    return method.text("authorizationType") == "NONE" and not method.is_true("apiKeyRequired") and not is_preflight
