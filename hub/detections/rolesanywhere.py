"""Roles for machines outside AWS."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection


@detection(
    title="Roles Anywhere of account {account} trusts a foreign certificate authority",
    severity=Severity.HIGH,
    api_calls=calls("rolesanywhere", "CreateTrustAnchor", "UpdateTrustAnchor"),
    resource=ResourceArn(
        "arn:{partition}:rolesanywhere:{region}:{account}:trust-anchor/{id}",
        ("responseElements.trustAnchor.trustAnchorArn", "requestParameters.trustAnchorId"),
    ),
    attack="T1098.001",
)
def trust_anchor_external_ca(event: CloudTrailEvent) -> bool:
    """Whoever holds that authority's key can get credentials of this account without an access key.

    False positives: the organization's own authority outside AWS.
    Response: check the certificate's issuer with those who run your authority. If nobody knows it, disable the trust
    anchor (rolesanywhere:DisableTrustAnchor) and look for CreateSession since: those are its guests.
    """
    kind = event.request.text("source.sourceType")
    has_certificate = "source.sourceData.x509CertificateData" in event.request
    return has_certificate or kind not in {"", "AWS_ACM_PCA"}


@detection(
    title="Roles Anywhere profile {requestParameters.name} created in account {account}",
    severity=Severity.MEDIUM,
    api_calls=calls("rolesanywhere", "CreateProfile"),
    resource=ResourceArn(
        "arn:{partition}:rolesanywhere:{region}:{account}:profile/{id}", ("responseElements.profile.profileArn",)
    ),
    attack="T1098.003",
)
def profile_created(_event: CloudTrailEvent) -> bool:
    """Machines outside AWS may take the profile's roles.

    False positives: planned use of Roles Anywhere.
    Response: compare the profile's roles with what those machines need, and see which trust anchor vouches for them. If
    nobody knows it, disable it (rolesanywhere:DisableProfile) and read what its roles did since.
    """
    return True
