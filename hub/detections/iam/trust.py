"""Who may become somebody else: trust policies and identity providers."""

import re
from typing import Any

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.policy import Policy, Statement, policy_of
from contract.resource import ResourceArn
from hub.detections.callers import CALLER, MINUTE, principal
from hub.detections.detection import Match, calls, detection
from hub.detections.iam.principals import ROLE
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import let_in, shared_with
from hub.detections.window import Window

_TRUST = calls("iam", "UpdateAssumeRolePolicy", "CreateRole")
_SHARED_PROVIDERS = ("oidc-provider/token.actions.githubusercontent.com", "oidc-provider/gitlab.com")
# A wildcard in a subject's organization: `repo:*`, `repo:?*/*`, and `repo:octo*/app`, which others can register.
_OF_ANYBODY = re.compile(r"[^:/]*(:[^:/]*)?[*?]")
_SSO = "sso.amazonaws.com"
_PROVIDER = ResourceArn(
    "arn:{partition}:iam::{account}:saml-provider/{id}",
    (
        "responseElements.sAMLProviderArn",
        "requestParameters.sAMLProviderArn",
        "responseElements.openIDConnectProviderArn",
        "requestParameters.openIDConnectProviderArn",
    ),
)


def _trust_policy(event: CloudTrailEvent) -> Policy:
    document = event.request.get("policyDocument") or event.request.get("assumeRolePolicyDocument")
    return policy_of(document)


def _subjects(statement: Statement) -> list[str]:
    keys = [pair for pairs in statement.conditions.values() if isinstance(pairs, dict) for pair in pairs.items()]
    return [subject for key, value in keys if str(key).lower().endswith(":sub") for subject in _listed(value)]


def _listed(value: Any) -> list[str]:
    return [str(one) for one in (value if isinstance(value, list) else [value])]


def _trusts_any_subject(statement: Statement) -> bool:
    if not (statement.is_allow and any(one.endswith(_SHARED_PROVIDERS) for one in statement.federated)):
        return False
    subjects = _subjects(statement)
    return not subjects or any(_OF_ANYBODY.match(one) for one in subjects)


@detection(
    title="Role {resource} of account {account} may be assumed by anyone",
    severity=Severity.CRITICAL,
    api_calls=_TRUST,
    resource=ROLE,
    family="iam.role_trust",
    attack="T1098.003",
    cis="monitoring.iam_policy_changes",
)
def role_trust_public(event: CloudTrailEvent) -> bool:
    """The trust policy lets every AWS account in; an external id alone does not help, it can be guessed.

    False positives: none known.
    Response: restrict the trust policy now (iam:UpdateAssumeRolePolicy), then revoke the role's sessions in the IAM
    console. Look in CloudTrail for AssumeRole of this role by foreign accounts, and review what those sessions did.
    """
    return _trust_policy(event).is_public


@detection(
    title="Role {resource} of account {account} may be assumed by {with}",
    severity=Severity.HIGH,
    api_calls=_TRUST,
    resource=ROLE,
    family="iam.role_trust",
    attack="T1098.003",
    cis="monitoring.iam_policy_changes",
)
def role_trust_external_account(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """An account outside the organization may become the role, and do all that it may: a common back door.

    False positives: vendors who work in the account, until trusted_accounts names their accounts.
    Response: ask who made the contract and check the account's id against the vendor's page; a condition on
    sts:ExternalId belongs there. Otherwise take the statement out (IAM console, Roles, Trust relationships), revoke
    the role's sessions, and look for AssumeRole with this role since.
    """
    return shared_with(let_in(_trust_policy(event), event, settings))


@detection(
    title="Role {resource} of account {account} trusts every repository of a public build service",
    severity=Severity.HIGH,
    api_calls=_TRUST,
    resource=ROLE,
    family="iam.role_trust",
    attack="T1098.003",
)
def role_trust_oidc_unscoped(event: CloudTrailEvent) -> bool:
    """The trust policy names GitHub's or GitLab's provider and leaves open whose jobs: anyone's job may take the role.

    False positives: none known.
    Response: add a condition on the provider's sub claim that names your repositories. Look in CloudTrail for
    AssumeRoleWithWebIdentity of this role: the subject of each session says whose job it was.
    """
    return any(_trusts_any_subject(statement) for statement in _trust_policy(event).statements)


@detection(
    title="Identity provider of account {account} created, changed or deleted ({eventName})",
    severity=Severity.HIGH,
    api_calls=calls(
        "iam",
        "CreateSAMLProvider",
        "UpdateSAMLProvider",
        "DeleteSAMLProvider",
        "CreateOpenIDConnectProvider",
        "UpdateOpenIDConnectProviderThumbprint",
        "AddClientIDToOpenIDConnectProvider",
        "DeleteOpenIDConnectProvider",
    ),
    resource=_PROVIDER,
    attack="T1484.002",
)
def federation_provider_changed(event: CloudTrailEvent) -> bool:
    """Who may vouch for people in this account changed; IAM Identity Center's own upkeep is not meant.

    False positives: clusters that make their own OIDC provider.
    Response: check the issuer's address or the certificate in the SAML metadata with the identity team. If nobody knows
    it, delete the provider, and look for AssumeRoleWithSAML and AssumeRoleWithWebIdentity since.
    """
    is_sso = event.invoked_by == _SSO or event.actor.role.startswith("AWSServiceRoleForSSO")
    return not is_sso


@detection(
    title="{actor} tried out {count} names in trust policies within {minutes} minutes in account {account}",
    severity=Severity.MEDIUM,
    api_calls=calls("iam", "UpdateAssumeRolePolicy"),
    resource=CALLER,
    failures=True,
    window=Window(by=principal, seconds=10 * MINUTE, count=10),
    attack="T1087.004",
)
def trust_brute_force(event: CloudTrailEvent) -> bool:
    """Somebody finds out which users and roles another account has: a trust policy that names nobody is refused.

    False positives: a deployment that retries a policy whose principal was deleted.
    Response: read the policies that were tried (requestParameters.policyDocument in CloudTrail). Many different names
    are enumeration: ask the actor, and stop the caller if nobody knows why.
    """
    return event.error.startswith("MalformedPolicyDocument")


@detection(
    title="IAM role {resource} created in account {account}",
    severity=Severity.INFORMATIONAL,
    api_calls=calls("iam", "CreateRole"),
    resource=ROLE,
    family="iam.role_trust",
    attack="T1136.003",
)
def role_created(_event: CloudTrailEvent) -> bool:
    """A role was made; whom it trusts is judged by other detections.

    False positives: infrastructure as code, all day long.
    Response: only in an investigation: see whom it trusts and what it may do.
    """
    return True
