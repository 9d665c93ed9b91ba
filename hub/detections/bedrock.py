"""Foundation models: who may use them, and what guards and records their use."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection

_BEDROCK = "arn:{partition}:bedrock:{region}:{account}:"
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
