"""Sessions that somebody asks for."""

import ipaddress

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Mode, Severity
from contract.network import is_internal
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
    Response: ask the user what asked for it. If nobody knows, attach a policy to the user that denies everything: such
    a session lives up to 36 hours and is not stopped by deactivating the key. Then replace the key.
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
    Response: only in an investigation: compare the address and the tool with what the user usually does.
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


# The event does not say where the instance is; a call of a global service is recorded elsewhere for sure.
_SESSION = ResourceArn("", ("userIdentity.arn",))


def _instance_and_address(event: CloudTrailEvent) -> tuple[str, ...]:
    return (f"{event.actor.session} {event.source_ip} {'refused' if event.is_refused else 'done'}",)


def _is_usual(address: str, settings: DetectionSettings) -> bool:
    usual = (ipaddress.ip_network(one) for one in settings.allowed_cidrs)
    return is_internal(address) or any(ipaddress.ip_address(address) in one for one in usual)


# Off until somebody asks for it: the spokes forward every change that any instance's role makes.
@detection(
    title="Credentials of instance {resource} of account {account} were used from {sourceIPAddress}, outside AWS",
    severity=Severity.HIGH,
    api_calls=("*:*",),
    only={
        "userIdentity": {"arn": [{"wildcard": "*:assumed-role/*/i-*"}]},
        "vpcEndpointId": [{"exists": False}],
        "sourceIPAddress": [{"anything-but": {"suffix": ".amazonaws.com"}}],
    },
    resource=_SESSION,
    attempts=True,
    window=Window(by=_instance_and_address, seconds=DAY),
    mode=Mode.OFF,
    lookup="credentials_origin",
    is_told_after_lookup=True,
    attack="T1552.005",
)
def instance_credentials_outside_aws(event: CloudTrailEvent, settings: DetectionSettings) -> bool:
    """An EC2 instance's role made a call from an address that is neither the account's nor EC2's: its keys were copied.

    Whoever can reach an instance's metadata, often through a web application that fetches addresses for strangers,
    takes its role's keys away and uses them elsewhere. The finding is told once the look-up has compared the address.
    False positives: instances that leave by a proxy or a firewall elsewhere (name it in allowed_cidrs).
    Response: revoke the role's sessions (IAM console, role, Revoke sessions), read in CloudTrail what was done from the
    address, require IMDSv2 on the instance and find the hole through which its metadata was read.
    """
    is_elsewhere = "vpcEndpointId" not in event.record and not _is_usual(event.source_ip, settings)
    return event.actor.is_instance and is_elsewhere
