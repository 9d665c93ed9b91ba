"""Functions: who may call them, and what they run."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode, Severity
from contract.resource import ResourceArn
from hub.detections.aws_accounts import LAYERS
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import shared_with, strangers

_LAMBDA = "arn:{partition}:lambda:{region}:{account}:"
_FUNCTION = ResourceArn(_LAMBDA + "function:{id}", ("responseElements.functionArn", "requestParameters.functionName"))
_LAYER = ResourceArn(_LAMBDA + "layer:{id}", ("requestParameters.layerName",))
_LIMITS = ("PutFunctionConcurrency", "PutFunctionConcurrency20171031")
_NARROWING = ("principalOrgID", "sourceAccount", "sourceArn")
_PERMISSION = calls("lambda", "AddPermission20150331v2", "AddPermission20150331", "AddPermission")


@detection(
    title="Function {resource} of account {account} may be invoked by anyone",
    severity=Severity.CRITICAL,
    api_calls=_PERMISSION,
    resource=_FUNCTION,
    family="lambda.invoke",
    attack="T1546",
)
def public_invoke(event: CloudTrailEvent) -> bool:
    """The function's policy allows every AWS account; a public function URL has a detection of its own.

    False positives: none known.
    Response: remove the statement (lambda:RemovePermission with its statement id). Read the function's log for calls
    that nobody of yours made, and review what the function's role did since.
    """
    request = event.request
    is_url = "functionUrlAuthType" in request
    return request.text("principal") == "*" and not is_url and not any(name in request for name in _NARROWING)


@detection(
    title="Function {resource} of account {account} may be invoked by {with}",
    severity=Severity.HIGH,
    api_calls=_PERMISSION,
    resource=_FUNCTION,
    family="lambda.invoke",
    attack="T1546",
)
def cross_account_invoke(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """An account outside the organization, or a topic, bucket or rule of one, may start the function at any time.

    False positives: partners, until trusted_accounts names their accounts.
    Response: ask the function's owner. Otherwise RemovePermission with the statement's id (Lambda console,
    Configuration, Permissions); read the function's log for calls since, and see what its role may do.
    """
    organizations = event.request.texts("principalOrgID")
    named = organizations or [event.request.text(name) for name in ("principal", "sourceAccount", "sourceArn")]
    return shared_with(strangers(named, event, settings))


@detection(
    title="Function {resource} of account {account} has a URL without authentication",
    severity=Severity.HIGH,
    api_calls=calls("lambda", "CreateFunctionUrlConfig", "UpdateFunctionUrlConfig"),
    resource=_FUNCTION,
    attempts=True,
    attack="T1133",
)
def url_public(event: CloudTrailEvent) -> bool:
    """Anyone on the Internet may call the function.

    False positives: webhooks that check their callers themselves.
    Response: ask the owner. If it is no public webhook, set the URL's AuthType to AWS_IAM or delete the URL; read the
    function's log for foreign calls.
    """
    return event.request.text("authType") == "NONE"


@detection(
    title="Code of function {resource} of account {account} changed",
    severity=Severity.LOW,
    api_calls=calls("lambda", "UpdateFunctionCode20150331v2", "UpdateFunctionCode20150331"),
    resource=_FUNCTION,
    mode=Mode.MONITOR,
    attack="T1648",
)
def code_changed(event: CloudTrailEvent) -> bool:
    """A function runs other code from now on.

    False positives: every deployment.
    Response: only in an investigation: compare the code's hash with the last build's.
    """
    return not event.request.is_true("dryRun")


@detection(
    title="Layer {resource} of account {account} shared",
    severity=Severity.MEDIUM,
    api_calls=calls("lambda", "AddLayerVersionPermission20181031", "AddLayerVersionPermission"),
    resource=_LAYER,
    attack="T1537",
)
def layer_shared(event: CloudTrailEvent, settings: DetectionSettings) -> bool:
    """Everyone, or an account or organization outside one's own, may read and use the layer.

    False positives: layers that the organization publishes.
    Response: read the layer for secrets; rotate those that it holds, for it may have been copied. Take the permission
    away (lambda:RemoveLayerVersionPermission), or share it with the organization's id instead.
    """
    principal, organization = event.request.text("principal"), event.request.text("organizationId")
    is_everyone = principal == "*" and not organization
    return is_everyone or bool(strangers([organization or principal], event, settings))


@detection(
    title="Function {resource} of account {account} runs a layer of {with}",
    severity=Severity.HIGH,
    api_calls=calls(
        "lambda",
        "CreateFunction20150331",
        "UpdateFunctionConfiguration20150331v2",
        "UpdateFunctionConfiguration20150331",
    ),
    resource=_FUNCTION,
    attack="T1574",
)
def layer_added_external(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """Code from outside the organization runs within the function, with its role and its data; AWS's own is not meant.

    False positives: vendors' agents, such as those for monitoring, until trusted_accounts names their accounts.
    Response: ask the function's owner. Otherwise take the layer off (Lambda console, Code, Layers), rotate what the
    function could read (environment, secrets, its role's sessions), and read the layer with GetLayerVersionByArn.
    """
    return shared_with(strangers(event.request.texts("layers"), event, settings, LAYERS))


@detection(
    title="Function {resource} created in account {account}",
    severity=Severity.INFORMATIONAL,
    api_calls=calls("lambda", "CreateFunction20150331"),
    resource=_FUNCTION,
    attack="T1648",
)
def function_created(_event: CloudTrailEvent) -> bool:
    """A function was made.

    False positives: every deployment.
    Response: only in an investigation: look at its role and its code.
    """
    return True


@detection(
    title="{requestParameters.eventSourceArn} of account {account} now triggers a function",
    severity=Severity.LOW,
    api_calls=calls("lambda", "CreateEventSourceMapping20150331"),
    resource=_FUNCTION,
    mode=Mode.MONITOR,
    attack="T1546",
)
def event_source_added(_event: CloudTrailEvent) -> bool:
    """A function reads a queue or a stream from now on, and sees all that passes.

    False positives: every deployment.
    Response: only in an investigation: check that the function belongs to the data's owner.
    """
    return True


@detection(
    title="Code signing or the concurrency limit of {resource} of account {account} removed",
    severity=Severity.MEDIUM,
    api_calls=calls(
        "lambda",
        "DeleteFunctionCodeSigningConfig",
        "DeleteCodeSigningConfig",
        "UpdateCodeSigningConfig",
        "DeleteFunctionConcurrency",
        "DeleteFunctionConcurrency20171031",
        *_LIMITS,
    ),
    resource=ResourceArn(
        _FUNCTION.template, _FUNCTION.paths, ResourceArn("", ("requestParameters.codeSigningConfigArn",))
    ),
    attack="T1562.001",
)
def code_signing_removed(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """Unsigned code may run, or a function may use all of the account's concurrency.

    CRITICAL when one of Muster's own functions may no longer run at all (a reserved concurrency of none).
    False positives: deployments that set it anew.
    Response: put the guard back (lambda:PutFunctionCodeSigningConfig, DeleteFunctionConcurrency); compare the running
    code with the last build. A function of Muster runs again after `muster deploy`; ask the actor at once why it
    was stopped.
    """
    if event.name not in _LIMITS:
        return True
    is_stopped = event.request.text("reservedConcurrentExecutions") == "0"
    is_ours = settings.names.is_own(event.request.text("functionName").rpartition(":function:")[2])
    return Match(severity=Severity.CRITICAL) if is_stopped and is_ours else False


@detection(
    title="Function {resource} of account {account} deleted",
    severity=Severity.LOW,
    api_calls=calls("lambda", "DeleteFunction20150331"),
    resource=_FUNCTION,
    mode=Mode.MONITOR,
    attack="T1485",
)
def function_deleted(_event: CloudTrailEvent) -> bool:
    """A function is gone, with all its versions.

    False positives: every deployment.
    Response: only in an investigation: see what the function guarded or answered; deploy it again from its source.
    """
    return True
