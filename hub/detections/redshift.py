"""Redshift."""

from contract.cloudtrail import CloudTrailEvent
from contract.finding import Severity
from contract.resource import ResourceArn
from hub.detections.detection import Match, calls, detection
from hub.detections.settings import DetectionSettings
from hub.detections.strangers import shared_with, strangers

_ANY_SNAPSHOT = ResourceArn(
    "arn:{partition}:redshift:{region}:{account}:snapshot:*/{id}", ("requestParameters.snapshotIdentifier",)
)


@detection(
    title="Redshift cluster {resource} of account {account} was exposed, shared, or its audit log switched off",
    severity=Severity.HIGH,
    api_calls=calls(
        "redshift",
        "CreateCluster",
        "ModifyCluster",
        "DisableLogging",
        "RestoreFromClusterSnapshot",
        "AuthorizeSnapshotAccess",
    ),
    resource=ResourceArn(
        "arn:{partition}:redshift:{region}:{account}:cluster:{id}",
        ("requestParameters.clusterIdentifier",),
        fallback=_ANY_SNAPSHOT,
    ),
    attack="T1133",
)
def public_or_logging_off(event: CloudTrailEvent, settings: DetectionSettings) -> bool:
    """A warehouse got an address on the Internet, lost its audit log, or its snapshot went to a stranger.

    False positives: test clusters.
    Response: make the cluster private, switch its log on, or take the share away (redshift:ModifyCluster,
    EnableLogging, RevokeSnapshotAccess), whichever it was. See in the connection log who connected meanwhile; a
    snapshot that a stranger had is copied.
    """
    if event.name == "DisableLogging":
        return True
    if event.name == "AuthorizeSnapshotAccess":
        return bool(strangers([event.request.text("accountWithRestoreAccess")], event, settings))
    # What a new cluster's call leaves out, the answer says; a change's answer says what was so before.
    is_asked = "publiclyAccessible" in event.request or event.name == "ModifyCluster"
    return (event.request if is_asked else event.response).is_true("publiclyAccessible")


@detection(
    title="Data share {resource} of account {account} authorized for {with}",
    severity=Severity.MEDIUM,
    api_calls=calls("redshift", "AuthorizeDataShare"),
    resource=ResourceArn("", ("requestParameters.dataShareArn",)),
    attack="T1537",
)
def datashare_authorized(event: CloudTrailEvent, settings: DetectionSettings) -> bool | Match:
    """Strangers may query a warehouse's tables as they are at any time; HIGH when public clusters may as well.

    False positives: data that is sold on AWS Data Exchange; partners, until trusted_accounts names their accounts.
    Response: ask the data's owner. Otherwise take it back with DeauthorizeDataShare (Redshift console, Datashares);
    DescribeDataShares shows who uses it since when.
    """
    consumer = event.request.text("consumerIdentifier")
    # An account, the data catalogue of one (DataCatalog/123456789012), or the marketplace.
    found = ["AWS Data Exchange"] if consumer == "ADX" else strangers([consumer.rpartition("/")[2]], event, settings)
    is_public_too = event.response.is_true("allowPubliclyAccessibleConsumers")
    return shared_with(found, severity=Severity.HIGH if is_public_too else None)
