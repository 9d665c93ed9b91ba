"""Domains and their zones."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import calls, detection

_ZONE = ResourceArn(
    "arn:{partition}:route53:::hostedzone/{id}", ("requestParameters.hostedZoneId", "requestParameters.id")
)


@detection(
    title="Domain {requestParameters.domainName} of account {account} unlocked or pointed elsewhere ({eventName})",
    severity=Severity.CRITICAL,
    api_calls=calls(
        "route53domains",
        "DisableDomainTransferLock",
        "TransferDomainToAnotherAwsAccount",
        "UpdateDomainNameservers",
        "RetrieveDomainAuthCode",
        "DeleteDomain",
    ),
    attack="T1584.001",
)
def domain_hijack(_event: CloudTrailEvent) -> bool:
    """Whoever holds the domain gets its mail, its visitors and its certificates; each of these calls begins the loss.

    False positives: a planned move of the domain.
    Response: confirm with the domain's owner now; lock the domain again, put its name servers back, cancel a pending
    transfer (`CancelDomainTransferToAnotherAwsAccount`); if it has left, call AWS Support and the registry.
    """
    return True


@detection(
    title="Hosted zone {resource} of account {account} deleted, unsigned or joined to a network ({eventName})",
    severity=Severity.MEDIUM,
    api_calls=calls(
        "route53",
        "AssociateVPCWithHostedZone",
        "CreateVPCAssociationAuthorization",
        "DeleteHostedZone",
        "DisableHostedZoneDNSSEC",
    ),
    resource=_ZONE,
    attack="T1584.002",
)
def zone_changed(_event: CloudTrailEvent) -> bool:
    """Names resolve differently: a zone went away, lost its signature, or answers in another network.

    False positives: the network team; infrastructure as code that builds networks.
    Response: see whose network was joined (`ListHostedZonesByVPC`) and disassociate a foreign one; create a deleted
    zone's records again from their source, and check that no name of it is delegated to servers that are not yours.
    """
    return True
