"""Foundation models: who may use them, and what guards and records their use."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.callers import CALLER, MINUTE
from hub.detections.detection import Match, calls, detection
from hub.detections.window import Window

_BEDROCK = "arn:{partition}:bedrock:{region}:{account}:"
_DENIED = ("AccessDenied", "AccessDeniedException", "ValidationException")
_DESTINATIONS = ("loggingConfig.s3Config", "loggingConfig.cloudWatchConfig")


@detection(
    title="Bedrock's invocation log or guardrail weakened in {region} of account {account} ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=calls(
        "bedrock",
        "DeleteModelInvocationLoggingConfiguration",
        "PutModelInvocationLoggingConfiguration",
        "DeleteGuardrail",
        "UpdateGuardrail",
        "DeleteEnforcedGuardrailConfiguration",
    ),
    resource=ResourceArn(_BEDROCK + "guardrail/{id}", ("requestParameters.guardrailIdentifier",)),
    attack="T1562.008",
)
def logging_or_guardrail_removed(event: CloudTrailEvent) -> bool | Match:
    """What models are asked is no longer recorded, or no longer held back; LOW for a guardrail that was only changed.

    False positives: teams that tune their guardrails.
    Response: put the logging configuration back (`PutModelInvocationLoggingConfiguration`); compare the guardrail with
    its last version; stolen keys that sell model use begin like this, so look at `InvokeModel` of the same actor since.
    """
    if event.name == "PutModelInvocationLoggingConfiguration":
        return not any(destination in event.request for destination in _DESTINATIONS)
    return Match(severity=Severity.LOW) if event.name == "UpdateGuardrail" else True


@detection(
    title="{actor} enabled a foundation model in account {account} ({eventName})",
    severity=Severity.LOW,
    api_calls=calls(
        "bedrock", "PutFoundationModelEntitlement", "CreateFoundationModelAgreement", "PutUseCaseForModelAccess"
    ),
    resource=ResourceArn("arn:{partition}:bedrock:{region}::foundation-model/{id}", ("requestParameters.modelId",)),
    attack="T1496.004",
)
def model_access_enabled(_event: CloudTrailEvent) -> bool:
    """The account may use a model that it could not use before; each call of it costs money.

    False positives: a team that begins to use the model.
    Response: ask the actor; if nobody knows of it, end the actor's sessions and keys, look for `InvokeModel` in every
    Region, and take the model back by a policy that denies `bedrock:InvokeModel*`.
    """
    return True


def _long_lived_key(event: CloudTrailEvent) -> tuple[str, ...]:
    key = event.identity.text("accessKeyId")
    return (key,) if key.startswith("AKIA") else ()


@detection(
    title="{actor} tried {count} times within {minutes} minutes to use models in account {account} and was refused",
    severity=Severity.MEDIUM,
    api_calls=calls("bedrock", "InvokeModel", "InvokeModelWithResponseStream", "Converse", "ConverseStream"),
    resource=CALLER,
    failures=True,
    window=Window(by=_long_lived_key, seconds=10 * MINUTE, count=3),
    attack="T1496.004",
)
def invoke_denied(event: CloudTrailEvent) -> bool:
    """A long-lived access key is tried out on foundation models: stolen keys are sold to people who run up such bills.

    False positives: a developer whose policy or model access is not set up yet.
    Response: ask the key's owner. If it was not they, deactivate the key and look in CloudTrail for what else it did,
    in every Region; check the bill of Bedrock.
    """
    return event.error.startswith(_DENIED)
