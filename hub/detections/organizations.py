"""The organization itself."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from hub.detections.detection import Match, calls, detection

_CIS = "monitoring.organizations_changes"
# Beginnings of the service principals of what protects, records or deploys to every account.
_PROTECTING = ("access-analyzer.", "fms.", "guardduty.", "inspector2.", "macie.", "malware-protection.", "securityhub.")
_RECORDING = ("backup.", "cloudtrail.", "config", "detective.")
_DEPLOYING = ("account.", "iam.", "member.org.stacksets.", "sso.", "stacksets.")
_GUARDS = (*_PROTECTING, *_RECORDING, *_DEPLOYING)
_LOSSES = {"RemoveAccountFromOrganization", "CloseAccount", "MoveAccount", "DeleteOrganization"}


@detection(
    title="{actor} took account {account} out of the organization",
    severity=Severity.CRITICAL,
    api_calls=calls("organizations", "LeaveOrganization"),
    attempts=True,
    attack="T1666",
    cis=_CIS,
)
def leave(_event: CloudTrailEvent) -> bool:
    """The account left, and with it every guard that the organization sets.

    False positives: a planned separation.
    Response: call the account's owner now. The organization's policies, trail and Muster no longer reach the account:
    secure what it shares with others, remove its roles' trust in your accounts, and invite it again.
    """
    return True


@detection(
    title="Organization policy {policy} changed from account {account} ({eventName})",
    severity=Severity.HIGH,
    api_calls=calls(
        "organizations",
        "UpdatePolicy",
        "DeletePolicy",
        "DetachPolicy",
        "AttachPolicy",
        "CreatePolicy",
        "DisablePolicyType",
        "EnablePolicyType",
    ),
    attack="T1562.001",
    cis=_CIS,
)
def scp_weakened(event: CloudTrailEvent) -> Match:
    """A service or resource control policy changed, was detached or deleted; new ones and attachments are MEDIUM.

    False positives: landing zones.
    Response: compare with the policy's source and put it back, or attach it again (organizations:AttachPolicy). Look at
    what the accounts below did meanwhile that the policy would have denied.
    """
    is_addition = event.name in {"AttachPolicy", "CreatePolicy", "EnablePolicyType"}
    return Match(severity=Severity.MEDIUM if is_addition else None, details={"policy": _policy(event)})


def _policy(event: CloudTrailEvent) -> str:
    """Which policy it is about, a new one's name, else the kind; and of what, where it was attached or detached."""
    names = ("policyId", "name", "policyType")
    policy = next((said for name in names if (said := event.request.text(name))), "")
    target = event.request.text("targetId") or event.request.text("rootId")
    return f"{policy} of {target}" if target else policy


@detection(
    title="Membership or structure of the organization changed by {actor} ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=(
        *calls(
            "organizations",
            "CreateAccount",
            "CreateGovCloudAccount",
            "InviteAccountToOrganization",
            "AcceptHandshake",
            "DeclineHandshake",
            "CancelHandshake",
            "MoveAccount",
            "RemoveAccountFromOrganization",
            "CloseAccount",
            "CreateOrganization",
            "DeleteOrganization",
            "CreateOrganizationalUnit",
            "DeleteOrganizationalUnit",
            "UpdateOrganizationalUnit",
            "EnableAllFeatures",
            "InviteOrganizationToTransferResponsibility",
        ),
        *calls("account", "CloseAccount"),
    ),
    attack="T1666",
    cis=_CIS,
)
def membership_changed(event: CloudTrailEvent) -> bool | Match:
    """An account was made, invited, moved, removed or closed; HIGH when one is lost or moved from under its guards.

    False positives: account vending.
    Response: check for the ticket. A lost account is invited again, a moved one moved back; an invitation to transfer
    responsibility is how billing is taken over: cancel one that nobody knows.
    """
    return Match(severity=Severity.HIGH) if event.name in _LOSSES else True


@detection(
    title="Delegated administrator or trusted access changed: {requestParameters.servicePrincipal} ({eventName})",
    severity=Severity.HIGH,
    api_calls=calls(
        "organizations",
        "RegisterDelegatedAdministrator",
        "DeregisterDelegatedAdministrator",
        "EnableAWSServiceAccess",
        "DisableAWSServiceAccess",
    ),
    attack="T1562.001",
    cis=_CIS,
)
def delegated_admin_changed(event: CloudTrailEvent) -> bool | Match:
    """Which account may run a service for the whole organization changed; MEDIUM when the service guards nothing.

    False positives: the set-up of a new service.
    Response: check for the ticket. If there is none, register the former administrator again
    (organizations:RegisterDelegatedAdministrator), and see what the new one did in that service across the
    organization.
    """
    is_guard = event.request.text("servicePrincipal").startswith(_GUARDS)
    return True if is_guard else Match(severity=Severity.MEDIUM)
