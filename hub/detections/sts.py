"""Sessions that somebody asks for."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode, Severity
from contract.policy import policy_of
from contract.resource import ResourceArn
from hub.detections.callers import DAY
from hub.detections.detection import Match, calls, detection
from hub.detections.iam.principals import CALLING_USER, is_admin_policy
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import shared_with, strangers
from hub.detections.window import Window

_ASSUMED = ResourceArn("", ("requestParameters.roleArn",))


@detection(
    title="{actor} took a root session over account {requestParameters.targetPrincipal}",
    severity=Severity.HIGH,
    api_calls=calls("sts", "AssumeRoot"),
    attack="T1078.004",
    cis="monitoring.root_usage",
)
def assume_root(_event: CloudTrailEvent) -> bool:
    """A privileged root session was taken over a member account, for one task of at most 15 minutes.

    False positives: central root management by the security team.
    Response: read the task policy in requestParameters.taskPolicyArn: it says what the session may do. Check the
    ticket; if there is none, end the caller's sessions and look in the member account for what root did in the next 15
    minutes.
    """
    return True


@detection(
    title="IAM user {actor} of account {account} asked for a federation token",
    severity=Severity.MEDIUM,
    api_calls=calls("sts", "GetFederationToken"),
    resource=CALLING_USER,
    attack="T1550.001",
)
def federation_token(event: CloudTrailEvent) -> bool | Match:
    """A long-lived key was turned into a session that outlives the key's deactivation.

    False positives: old identity brokers.
    Response: ask the user; a session like this is stopped by a deny policy on the user, not by disabling the key.
    """
    has_admin = any(is_admin_policy(arn) for arn in event.request.texts("policyArns[].arn"))
    if has_admin or policy_of(event.request.get("policy")).is_admin:
        return Match(severity=Severity.HIGH)
    return True


@detection(
    title="IAM user {actor} of account {account} took a session token without MFA",
    severity=Severity.LOW,
    api_calls=calls("sts", "GetSessionToken"),
    resource=CALLING_USER,
    mode=Mode.MONITOR,
    attack="T1550.001",
)
def session_token_by_user(event: CloudTrailEvent) -> bool:
    """An IAM user's key was turned into a temporary session, without a second factor.

    False positives: developers' tools that cache sessions.
    Response: compare the address and the tool with what the user usually does.
    """
    return event.actor.type == "IAMUser" and "serialNumber" not in event.request


def _account_and_role(event: CloudTrailEvent) -> tuple[str, ...]:
    return tuple(f"{event.actor.account_id} {role}" for role in _ASSUMED.of(event))


@detection(
    title="Role {resource} of account {account} assumed from account {with}",
    severity=Severity.MEDIUM,
    api_calls=calls("sts", "AssumeRole"),
    # Only callers from other accounts have this identity; all other sessions, of which there are many, stay there.
    only={"userIdentity": {"type": ["AWSAccount"]}},
    resource=_ASSUMED,
    window=Window(by=_account_and_role, seconds=DAY),
    attack="T1199",
)
def role_chaining_from_outside_org(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """Somebody in an account outside the organization now acts as a role of it; told once a day.

    False positives: vendors who work in the account, until trusted_accounts names their accounts.
    Response: check the account's id against the vendor's page and the role's trust policy. If nobody knows it, revoke
    the role's sessions (IAM console, Roles, Revoke sessions), mend the trust policy, and follow the session: its name
    and access key stand in the event, its calls in the trail.
    """
    is_from_elsewhere = event.actor.type == "AWSAccount"
    return is_from_elsewhere and shared_with(strangers([event.actor.account_id], event, settings))
